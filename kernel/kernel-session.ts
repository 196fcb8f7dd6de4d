import { assemble } from './assembly.ts';
import { systemCheck } from './check/system-check.ts';
import { secretsOf, type Config } from './config.ts';
import { RepliqueError } from './errors.ts';
import { History } from './history/history.ts';
import { createInterpreter } from './interpreter/interpreter.ts';
import { createModelList } from './model-list.ts';
import { createRefusingInterpreter } from './interpreter/refusing.ts';
import { safeInterpreter } from './interpreter/safe-interpreter.ts';
import type { createEmitterFactory } from './output/emitter.ts';
import { showInvisible } from './output/firewall/invisible.ts';
import { createRedactor } from './output/firewall/redact.ts';
import { wellFormed } from './output/firewall/stream.ts';
import { filterTerminal, stripTerminal } from './output/firewall/terminal.ts';
import { NotebookProfile } from './policy/notebook-profile.ts';
import type { Session } from './router/contract.ts';
import { createSandboxControl } from './sandbox-control.ts';
import { describeTogether, limitsOf } from './sandbox/limits.ts';
import { typedPaths } from './sandbox/typed-paths.ts';
import { SessionState } from './session/session-state.ts';
import { SessionStore } from './session/store.ts';

const unprotected =
  'REPLIQUE_SANDBOX=none: helper code runs **without a sandbox**, with all your rights, on your files and network.';
const unrecorded = 'REPLIQUE_AUDIT=off: what code runs here is **not recorded**.';

/** What a kernel's session is made from. */
export interface SessionOptions {
  /** What is wrong with it where it can't be used: then every cell says so. */
  readonly config: () => Promise<Config | RepliqueError>;
  /** The same after a crash of the kernel as before it. */
  readonly kernelId: string;
  /** Where conversations are kept. */
  readonly sessionsDir: string;
  /** Where what was run is kept. Absent: as long as the kernel lives. */
  readonly historyFile?: string;
  /** JPY_SESSION_NAME: the notebook's path, where the client says it. */
  readonly notebook: string | undefined;
  /** The directory the kernel was started in. */
  readonly cwd: string;
  readonly log: (line: string) => void;
}

/** A session as the router knows it, and its end. */
export interface KernelSession extends Session {
  /** Ends its processes; settles when all is saved. */
  end(): Promise<void>;
}

/** Begins a kernel's session, and starts its worker. Where that is not possible, every cell says why. */
export async function openSession(options: SessionOptions, sessionId: string): Promise<KernelSession> {
  const config = await options.config();
  if (config instanceof RepliqueError) return refusing(config);
  try {
    return await createSession(options, config, sessionId);
  } catch (error) {
    if (!(error instanceof RepliqueError)) throw error;
    options.log(error.message);
    return refusing(error);
  }
}

async function refusing(problem: RepliqueError): Promise<KernelSession> {
  const interpreter = createRefusingInterpreter(problem);
  const display = await openDisplay({ secrets: [], files: undefined, onRefused: () => undefined });
  return { interpreter, ...display, end: () => interpreter.close() };
}

type DisplayOptions = Omit<Parameters<typeof createEmitterFactory>[0], 'comms'>;

/** What shows a session's outputs. It loads what cleans HTML, while the worker starts. */
async function openDisplay(options: DisplayOptions): Promise<Pick<Session, 'comms' | 'createEmitter'>> {
  const { createEmitterFactory } = await import('./output/emitter.ts');
  const { Comms } = await import('./output/widgets/comms.ts');
  const comms = new Comms(options.secrets);
  return { comms, createEmitter: createEmitterFactory({ ...options, comms }) };
}

/** Joins a session's parts with the interpreter of its cells. */
async function createSession(
  options: SessionOptions,
  config: Config,
  sessionId: string,
): Promise<KernelSession> {
  const { notebook, cwd, kernelId, log } = options;
  const onChange = (): void => state.changed();
  const parts = assemble({ config, sessionId, cwd, notebook, onChange, log });
  const { workspace, notebookFile, audit, policy, network, worker, conversation, spending } = parts;
  const secrets = secretsOf(config);
  const redactor = createRedactor(secrets);
  const state = new SessionState({
    ...{
      store: new SessionStore(options.sessionsDir),
      session: sessionId,
      kernel: kernelId,
      notebook: notebookFile,
    },
    ...{ comesBack: config.resume === 'auto', talk: conversation, model: parts.model, log },
    redact: (value) => redactor.json(value),
  });
  const sandbox = createSandboxControl({
    ...{ policy, worker, network },
    workspace: workspace.path,
    isolation: parts.isolation,
    audit: parts.auditDirectory,
    limitsTogether: describeTogether(limitsOf(config)),
    onChange: (profile) =>
      audit.note('sandbox-changed', { profile, hosts: [...network.allowed()].slice(0, 100) }),
  });
  const ofNotebook = new NotebookProfile({
    ...{ file: notebookFile, policy },
    set: (profile) => sandbox.setProfile(profile),
  });
  const interpreter = createInterpreter({
    ...{ worker, conversation, network, spending, sandbox },
    sessions: state,
    models: createModelList(config),
    answers: parts.answers,
    files: typedPaths(workspace.path),
    clean: (text) => redactor.text(showInvisible(filterTerminal(text))),
    references: {
      workspace: workspace.path,
      look: (paths, room) => worker.look(paths, room).catch(() => undefined),
      redact: (text) => redactor.text(text),
    },
    settle: async (runsCode, { onInput }) => [
      ...state.settle(),
      ...(await ofNotebook.settle(runsCode, { ...(onInput && { onInput }) })),
    ],
    saved: () => state.saved(),
    loop: (signal, asked) => parts.loop(signal, asked),
    systemCheck: (signal) => systemCheck(config, signal, parts.selection()),
    close: () => parts.closeLoop(),
    ...(workspace.notice !== undefined && { notice: workspace.notice }),
    warnings: [
      ...(config.sandbox === 'none' ? [unprotected] : []),
      ...(config.audit === 'off' ? [unrecorded] : []),
    ],
  });
  const display = await openDisplay({
    ...{ secrets, files: parts.files },
    onRefused: (refused) => audit.note('outputs-refused', refused),
  });
  const history = new History({
    ...{ file: options.historyFile, log },
    cleanSource: (text) => redactor.text(wellFormed(text)),
    cleanOutput: (text) => redactor.text(stripTerminal(wellFormed(text))),
  });
  const end = async (): Promise<void> => {
    try {
      await interpreter.close();
      audit.close();
    } finally {
      await Promise.all([state.finish(), history.finish()]);
    }
  };
  const { createReplies } = await import('./output/replies.ts');
  const answering = safeInterpreter(interpreter, createReplies(redactor));
  return { interpreter: answering, ...display, keeper: state, history, end };
}
