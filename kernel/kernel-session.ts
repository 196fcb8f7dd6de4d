import { join, resolve } from 'node:path';
import { assemble } from './assembly.ts';
import { systemCheck } from './check/system-check.ts';
import { secretsOf, type Config } from './config.ts';
import { collectEnvironment } from './environment/collect.ts';
import { FilesRead } from './environment/files-read.ts';
import { EnvironmentRecorder } from './environment/recorder.ts';
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
import { cacheFile, dataDir } from './paths.ts';
import { NotebookProfile } from './policy/notebook-profile.ts';
import { modelDigest } from './providers/identity.ts';
import type { Session } from './router/contract.ts';
import { createSandboxControl } from './sandbox-control.ts';
import { describeTogether, limitsOf } from './sandbox/limits.ts';
import { typedPaths } from './sandbox/typed-paths.ts';
import { SessionState } from './session/session-state.ts';
import { SessionStore } from './session/store.ts';
import { createFileHistory } from './timeline/files/history.ts';
import { Journal, lastNumber, objectsDir } from './timeline/journal/journal.ts';
import { pruneTimelines } from './timeline/journal/prune.ts';
import type { Step } from './timeline/node.ts';
import { Timeline } from './timeline/timeline.ts';
import { MoveKeeper } from './timeline/unfinished/keeper.ts';
import { recoverFiles } from './timeline/unfinished/recover.ts';
import { AnswerCache } from './tape/cache/cache.ts';
import { cachedProvider } from './tape/cache/cached-provider.ts';
import { modeOfSession } from './tape/mode.ts';
import { askingOf } from './tape/requests.ts';
import { SessionTape } from './tape/session-tape.ts';
import { TapeSource } from './tape/source.ts';

const unprotected =
  'REPLIQUE_SANDBOX=none: helper code runs **without a sandbox**, with all your rights, on your files and network.';
const unrecorded = 'REPLIQUE_AUDIT=off: what code runs here is **not recorded**.';

/** Not while a person waits for the first cell. */
const pruneAfterMs = 10_000;

/** What a kernel's session is made from. */
export interface SessionOptions {
  /** What is wrong with it where it can't be used: then every cell says so. */
  readonly config: () => Promise<Config | RepliqueError>;
  /** The same after a crash of the kernel as before it. */
  readonly kernelId: string;
  /** Where conversations are kept. */
  readonly sessionsDir: string;
  /** Where timelines are kept. Absent: with the conversations. */
  readonly timelinesDir?: string;
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
  const told = {
    took: (step: Step) => timeline.took(step),
    opened: (paths: readonly string[]) => filesRead.opened(paths),
    replaced: (snapshot: string | undefined) => timeline.replaced(snapshot),
  };
  const source = new TapeSource(
    config.tapeFile ?? (notebook === undefined ? undefined : resolve(cwd, notebook)),
  );
  const startsWorker = modeOfSession(config.tape, undefined, source.settings()?.mode) !== 'replay';
  const secrets = secretsOf(config);
  const redactor = createRedactor(secrets);
  const cache =
    config.cache === 'on' ? new AnswerCache(cacheFile(), (text) => redactor.text(text)) : undefined;
  const parts = assemble({
    ...{ config, sessionId, cwd, notebook, onChange, startsWorker, timeline: told, log },
    ...(cache && {
      wrapProvider: (provider) =>
        cachedProvider(provider, { cache, isBypassed: () => tape.running === 'live' }),
    }),
  });
  const { workspace, notebookFile, audit, policy, network, worker, conversation, spending } = parts;
  const store = new SessionStore(options.sessionsDir);
  const timelines = options.timelinesDir ?? join(options.sessionsDir, 'timeline');
  const state = new SessionState({
    ...{ store, session: sessionId, kernel: kernelId, notebook: notebookFile },
    ...{ comesBack: config.resume === 'auto', talk: conversation, model: parts.model, log },
    redact: (value) => redactor.json(value),
    onBack: (sessions, how) => timeline.comesBack(sessions, how),
    before: () => journal.saved(),
    lastNumber: (sessions) => lastNumber(timelines, sessions),
  });
  const journal = new Journal({
    ...{ directory: timelines, session: sessionId, log },
    redact: (text) => redactor.text(text),
  });
  const pruning = setTimeout(() => void pruneTimelines(timelines, options.sessionsDir), pruneAfterMs);
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
  const display = await openDisplay({
    ...{ secrets, files: parts.files },
    onRefused: (refused) => audit.note('outputs-refused', refused),
  });
  const tape = new SessionTape({
    ...{ mode: config.tape, source, conversation, tools: parts.tools, createEmitter: display.createEmitter },
    helperTimeoutMs: config.helperTimeoutSeconds * 1000,
    asking: askingOf(config),
  });
  const place = { directory: timelines, workspace: workspace.path, log };
  const recovered = [...(await recoverFiles({ ...place, asideIn: join(dataDir(), 'set-aside') }))];
  const moves = new MoveKeeper({ ...place, session: sessionId });
  const fileHistory = createFileHistory({
    workspace: workspace.path,
    objects: objectsDir(timelines, sessionId),
  });
  const filesRead = new FilesRead({
    held: (path) => fileHistory.held(path),
    isClean: (path) => redactor.text(wellFormed(path)) === path,
  });
  const timeline = new Timeline({
    ...{ conversation, journal, moves, directory: timelines, worker: tape.wrapWorker(parts.untold), log },
    files: fileHistory,
    hasNetwork: () => network.allowed().length > 0,
  });
  const environment = new EnvironmentRecorder({
    collect: async () => (await collectEnvironment(config)).environment,
    identify: (model) => modelDigest(config, model),
    takeFiles: () => filesRead.take(),
  });
  const interpreter = createInterpreter({
    ...{ worker: tape.wrapWorker(worker), conversation, timeline, network, spending, sandbox, tape },
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
      ...recovered.splice(0),
      ...state.settle(),
      ...(await ofNotebook.settle(runsCode, { ...(onInput && { onInput }) })),
    ],
    saved: () => Promise.all([state.saved(), journal.saved()]),
    loop: (signal, asked) => tape.loop(async () => environment.wrap(await parts.loop(signal, asked))),
    openAttempts: (signal, seats, asked) =>
      tape.attempts(seats, asked.prompt, () => parts.attempts(signal, seats, asked)),
    systemCheck: (signal) => systemCheck(config, signal, parts.selection()),
    close: async () => {
      await parts.closeLoop();
      await cache?.close();
    },
    ...(workspace.notice !== undefined && { notice: workspace.notice }),
    warnings: [
      ...(config.sandbox === 'none' ? [unprotected] : []),
      ...(config.audit === 'off' ? [unrecorded] : []),
    ],
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
      await Promise.all([state.finish(), history.finish(), journal.close()]);
      clearTimeout(pruning);
      const isKept = store
        .find({ kernel: kernelId, notebook: notebookFile })
        .some(({ file }) => file.includes(sessionId));
      if (!isKept) await journal.remove();
    }
  };
  const { createReplies } = await import('./output/replies.ts');
  const answering = safeInterpreter(tape.wrap(interpreter), createReplies(redactor));
  return { interpreter: answering, ...display, keeper: state, history, end };
}
