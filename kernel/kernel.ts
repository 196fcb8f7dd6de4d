import { v4 as uuid } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { assemble } from './assembly.ts';
import { noAudit, type Audit } from './audit/log.ts';
import { systemCheck } from './check/system-check.ts';
import { secretsOf, type Config } from './config.ts';
import { RepliqueError } from './errors.ts';
import { createInterpreter } from './interpreter/interpreter.ts';
import type { Interpreter } from './interpreter/contract.ts';
import { createRefusingInterpreter } from './interpreter/refusing.ts';
import { createEmitterFactory } from './output/emitter.ts';
import type { KeptFiles } from './output/kept-files.ts';
import { createRedactor } from './output/firewall/redact.ts';
import { Comms } from './output/widgets/comms.ts';
import { NotebookProfile } from './policy/notebook-profile.ts';
import type { ConnectionInfo } from './protocol/connection-file.ts';
import { SessionState } from './session/session-state.ts';
import { SessionStore } from './session/store.ts';
import { createSandboxControl } from './sandbox-control.ts';
import { startRouter } from './router/router.ts';
import { describeTogether, limitsOf } from './sandbox/limits.ts';
import { openZmqTransport } from './wire/zmq-transport.ts';

const unprotected =
  'REPLIQUE_SANDBOX=none: helper code runs **without a sandbox**, with all your rights, on your files and network.';
const unrecorded = 'REPLIQUE_AUDIT=off: what code runs here is **not recorded**.';

export interface KernelOptions {
  readonly connection: ConnectionInfo;
  /** What is wrong with it where it can't be used: then every cell says so. */
  readonly config: Config | RepliqueError;
  /** The same after a crash of the kernel as before it. */
  readonly kernelId: string;
  /** Where conversations are kept. */
  readonly sessionsDir: string;
  /** JPY_SESSION_NAME: the notebook's path, where the client says it. */
  readonly notebook: string | undefined;
  /** The directory the kernel was started in. */
  readonly cwd: string;
  readonly log: (line: string) => void;
}

export interface RunningKernel {
  /** What SIGINT does. */
  interrupt(): void;
  /** Ends the session and closes the sockets. */
  close(): Promise<void>;
  /** Settles when the kernel has ended, by `close` or by a client's shutdown_request. */
  readonly closed: Promise<void>;
}

/**
 * Starts a kernel: opens its sockets, begins to answer, and starts the worker meanwhile.
 * @throws RepliqueError where the sockets can't be opened or no workspace can be had
 */
export async function startKernel(options: KernelOptions): Promise<RunningKernel> {
  const { config, connection, log } = options;
  const sessionId = uuid();
  const broken = config instanceof RepliqueError;
  const secrets = broken ? [] : secretsOf(config);
  const comms = new Comms(secrets);
  const { interpreter, audit, files, state } = broken
    ? { interpreter: createRefusingInterpreter(config), audit: noAudit, files: undefined, state: undefined }
    : createSession(options, config, sessionId);
  const endSession = async (): Promise<void> => {
    await interpreter.close();
    audit.close();
  };
  const transport = await openZmqTransport({ connection, sessionId, log }).catch(async (error: unknown) => {
    await endSession();
    throw error;
  });
  let settle: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const end = async (): Promise<void> => {
    await router.close();
    await endSession();
    await state?.finish();
    await transport.close();
    settle();
  };
  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => (ending ??= end());
  const router = startRouter({
    transport,
    interpreter,
    createEmitter: createEmitterFactory({
      secrets,
      comms,
      files,
      onRefused: (refused) => audit.note('outputs-refused', refused),
    }),
    comms,
    version: packageJson.version,
    sessionId,
    ...(state && { keeper: state }),
    onShutdown: () => {
      close().catch((error: unknown) => log(`The kernel did not end cleanly: ${String(error)}`));
    },
    log,
  });
  return { interrupt: () => router.interrupt(), close, closed };
}

interface Session {
  readonly interpreter: Interpreter;
  readonly audit: Audit;
  readonly files: KeptFiles;
  readonly state: SessionState;
}

/** Joins a session's parts with the interpreter of its cells. */
function createSession(options: KernelOptions, config: Config, sessionId: string): Session {
  const { notebook, cwd, kernelId, log } = options;
  const onChange = (): void => state.changed();
  const parts = assemble({ config, sessionId, cwd, notebook, onChange, log });
  const { workspace, notebookFile, audit, policy, network, worker, conversation, spending } = parts;
  const redactor = createRedactor(secretsOf(config));
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
  return { interpreter, audit, files: parts.files, state };
}
