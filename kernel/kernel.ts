import { dirname, join, resolve } from 'node:path';
import { v4 as uuid } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { auditedWorker } from './audit/audited-worker.ts';
import { noAudit, type Audit } from './audit/log.ts';
import { openSessionAudit, restoredEvent, validationEvent, workerObserver } from './audit/session-audit.ts';
import { systemCheck } from './check/system-check.ts';
import { fixedProfile, secretsOf, type Config } from './config.ts';
import { connectionObserver } from './audit/connections.ts';
import { createEgress } from './egress/egress.ts';
import { RepliqueError } from './errors.ts';
import { createInterpreter } from './interpreter/interpreter.ts';
import type { Interpreter } from './interpreter/contract.ts';
import { createRefusingInterpreter } from './interpreter/refusing.ts';
import { ContinuationManager } from './loop/continuation-manager.ts';
import { Conversation } from './loop/conversation.ts';
import { systemPrompt } from './loop/system-prompt.ts';
import { createEmitterFactory } from './output/emitter.ts';
import { KeptFiles } from './output/kept-files.ts';
import { createRedactor } from './output/firewall/redact.ts';
import { Comms } from './output/widgets/comms.ts';
import { auditDir, auditKeyFile, configDir, dataDir, homeDir, ledgerFile } from './paths.ts';
import { NotebookProfile } from './policy/notebook-profile.ts';
import { createPolicing } from './policy/policed-worker.ts';
import { Policy } from './policy/policy.ts';
import { profiles } from './policy/profiles.ts';
import type { ConnectionInfo } from './protocol/connection-file.ts';
import { SessionState } from './session/session-state.ts';
import { SessionStore } from './session/store.ts';
import { createSandboxControl } from './sandbox-control.ts';
import { createSpending } from './spending.ts';
import { selectResilient } from './providers/resilience/select.ts';
import type { Selection } from './providers/select.ts';
import { startRouter } from './router/router.ts';
import { createLauncher } from './sandbox/launcher.ts';
import { describeTogether, limitsOf } from './sandbox/limits.ts';
import { filesNamed, listVariables, listWorkspace } from './sandbox/listing.ts';
import { guardedWorker } from './sandbox/protected/guarded-worker.ts';
import { locatePython } from './sandbox/python.ts';
import { createWorker } from './sandbox/session-worker.ts';
import { chooseFolders, chooseWorkspace } from './sandbox/workspace.ts';
import { createBashTool } from './tools/bash.ts';
import { createPythonTool } from './tools/python.ts';
import { createToolRegistry } from './tools/registry.ts';
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
    onShutdown: (restart) => {
      const saved = state?.end(restart ? 'restart' : 'end') ?? Promise.resolve();
      saved.then(close).catch((error: unknown) => log(`The kernel did not end cleanly: ${String(error)}`));
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

/** Joins worker, audit, tools, loop and interpreter for one notebook. */
function createSession(options: KernelOptions, config: Config, sessionId: string): Session {
  const { notebook, cwd, kernelId, log } = options;
  const directory = config.auditDir ?? auditDir();
  const notebookFile = notebook === undefined ? undefined : resolve(cwd, notebook);
  const places = {
    home: homeDir(),
    dataDir: dataDir(),
    configDir: configDir(),
    auditDir: directory,
    programs: config.python === undefined ? [] : [dirname(dirname(config.python))],
  };
  const workspace = chooseWorkspace(cwd, notebook, places);
  const launcher = createLauncher(config);
  const audit = openSessionAudit({
    enabled: config.audit === 'on',
    ...{ directory, keyFile: auditKeyFile(), keepDays: config.auditKeepDays },
    ...{ session: sessionId, version: packageJson.version, sandbox: launcher.name },
    ...{ workspace: workspace.path, notebook },
  });
  const limits = limitsOf(config);
  const policy = new Policy(config.profile, fixedProfile());
  const policing = createPolicing({
    policy,
    hasHosts: () => network.allowed().length > 0,
    onVerdict: (verdict, run) => audit.note('validation', validationEvent(verdict, run)),
  });
  const network = createEgress({
    allow: [...config.networkAllow, ...profiles[policy.profile].hosts],
    onConnection: connectionObserver(audit),
    ask: (host, port) => policing.askHost(host, port),
    asks: () => policy.profile === 'open',
  });
  const unaudited = createWorker({
    launcher,
    python: () => locatePython(config),
    workspace: workspace.path,
    folders: () => chooseFolders(config.readOnlyFolders, places),
    limits,
    network,
    busyGraceMs: config.busyGraceSeconds * 1000,
    warmWorkers: config.warmWorkers,
    ...(config.sessionSeconds !== undefined && { sessionMs: config.sessionSeconds * 1000 }),
    observe: workerObserver(audit, launcher.name, limits),
  });
  const guarded = guardedWorker(unaudited, {
    workspace: workspace.path,
    notebook: notebookFile,
    setAside: join(dataDir(), 'set-aside', sessionId),
    onUndone: (undone, { origin }) => audit.note('file-restored', restoredEvent(undone, origin)),
  });
  const worker = policing.wrap(auditedWorker(guarded, audit));
  worker.ready().catch((error: unknown) => log(`The worker is not ready: ${String(error)}`));
  const tools = createToolRegistry([createPythonTool(worker), createBashTool(worker)]);
  const conversation = new Conversation(systemPrompt(tools), () => state.changed());
  const redactor = createRedactor(secretsOf(config));
  const state = new SessionState({
    ...{
      store: new SessionStore(options.sessionsDir),
      session: sessionId,
      kernel: kernelId,
      notebook: notebookFile,
    },
    ...{ comesBack: config.resume === 'auto', talk: conversation, log },
    redact: (value) => redactor.json(value),
  });
  let selection: Selection | undefined;
  let manager: ContinuationManager | undefined;
  const spending = createSpending({ config, notebook, session: sessionId, file: ledgerFile() });

  const loop = async (signal: AbortSignal, cell?: number): Promise<ContinuationManager> => {
    await spending.open();
    if (cell !== undefined) spending.beginCell(cell);
    selection ??= await selectResilient(config, signal, spending);
    manager ??= new ContinuationManager({
      provider: selection.provider,
      model: selection.model,
      costOf: spending.costOf,
      tools,
      params: { temperature: config.temperature, maxTokens: config.maxTokens },
      maxTurns: config.maxTurns,
      helperTimeoutMs: config.helperTimeoutSeconds * 1000,
      workspaceListing: () => listWorkspace(workspace.path),
      filesNamed: (name) => filesNamed(workspace.path, name),
      memoryListing: async () => listVariables(await worker.variables()),
      conversation,
    });
    return manager;
  };
  const sandbox = createSandboxControl({
    ...{ policy, worker, network },
    workspace: workspace.path,
    isolation: launcher.name,
    audit: config.audit === 'on' ? directory : undefined,
    limitsTogether: describeTogether(limits),
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
    loop,
    systemCheck: (signal) => systemCheck(config, signal, selection),
    close: async () => {
      spending.close();
      await selection?.provider.close();
    },
    ...(workspace.notice !== undefined && { notice: workspace.notice }),
    warnings: [
      ...(config.sandbox === 'none' ? [unprotected] : []),
      ...(config.audit === 'off' ? [unrecorded] : []),
    ],
  });
  return { interpreter, audit, files: new KeptFiles(workspace.path), state };
}
