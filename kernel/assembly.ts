import { dirname, join, resolve } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { attemptsOpener, type OwnOptions } from './attempts.ts';
import { auditedWorker } from './audit/audited-worker.ts';
import { connectionObserver } from './audit/connections.ts';
import type { Audit } from './audit/log.ts';
import { openSessionAudit, restoredEvent, validationEvent, workerObserver } from './audit/session-audit.ts';
import { fixedProfile, type Config } from './config.ts';
import { createEgress, type Egress } from './egress/egress.ts';
import type { Answers } from './interpreter/magics/contract.ts';
import type { OpenLoop } from './interpreter/prompt-cell.ts';
import type { OpenAttempts } from './loop/attempts.ts';
import { ContinuationManager } from './loop/continuation-manager.ts';
import { Conversation } from './loop/conversation.ts';
import { systemPrompt } from './loop/system-prompt.ts';
import { KeptFiles } from './output/kept-files.ts';
import { auditDir, auditKeyFile, configDir, dataDir, homeDir, ledgerFile } from './paths.ts';
import { createPolicing } from './policy/policed-worker.ts';
import { Policy } from './policy/policy.ts';
import { profiles } from './policy/profiles.ts';
import { ModelChoice } from './providers/choice.ts';
import type { Provider } from './providers/contract.ts';
import { confirmModel } from './providers/resilience/confirm.ts';
import { selectResilient } from './providers/resilience/select.ts';
import type { Selection } from './providers/select.ts';
import type { Launcher } from './sandbox/contract.ts';
import { createLauncher } from './sandbox/launcher.ts';
import { limitsOf } from './sandbox/limits.ts';
import { filesNamed, listVariables, listWorkspace } from './sandbox/listing.ts';
import { guardedWorker } from './sandbox/protected/guarded-worker.ts';
import { locatePython } from './sandbox/python.ts';
import { polyglotWorker } from './sandbox/polyglot-worker.ts';
import { createWorker, type SessionWorker } from './sandbox/session-worker.ts';
import { DiskWatch } from './sandbox/watchdog/disk.ts';
import { SessionTime } from './sandbox/worker-time.ts';
import { chooseFolders, chooseWorkspace, whyNotShown, type Workspace } from './sandbox/workspace.ts';
import { recordingWorker } from './timeline/recorder.ts';
import type { Timeline } from './timeline/timeline.ts';
import { createSpending } from './spending.ts';
import { createBashTool } from './tools/bash.ts';
import { kernelspecTools } from './tools/kernelspec.ts';
import { findKernelspecs } from './tools/kernelspecs/find.ts';
import { programOf } from './tools/kernelspecs/program.ts';
import { createPythonTool } from './tools/python.ts';
import { createToolRegistry, type ToolRegistry } from './tools/registry.ts';

export interface AssemblyOptions {
  readonly config: Config;
  readonly sessionId: string;
  /** The directory to work in. */
  readonly cwd: string;
  /** The notebook's path, where there is one. */
  readonly notebook: string | undefined;
  /** Told after each change of the conversation. Must not throw. */
  readonly onChange?: () => void;
  /** Told of what runs in the worker, and when it is replaced. Must not throw. */
  readonly timeline?: Pick<Timeline, 'took' | 'replaced'> & {
    /** Code has opened these files of the workspace to read. */
    opened(paths: readonly string[]): void;
  };
  /** Whether Python is started before the first code comes. Absent: it is. */
  readonly startsWorker?: boolean;
  /** What stands between the loop and the provider that was selected. Absent: nothing does. */
  readonly wrapProvider?: (provider: Provider) => Provider;
  readonly log: (line: string) => void;
}

/** What a session is made of, besides who speaks to it. */
export interface Assembly {
  readonly workspace: Workspace;
  /** What is too large to be shown. */
  readonly files: KeptFiles;
  /** The notebook's file; absent where there is none. */
  readonly notebookFile: string | undefined;
  readonly isolation: Launcher['name'];
  readonly audit: Audit;
  /** Where runs are recorded; absent: they are not. */
  readonly auditDirectory: string | undefined;
  readonly policy: Policy;
  readonly network: Egress;
  /** Judged, recorded, guarded and sandboxed. */
  readonly worker: SessionWorker;
  /** The same, but the timeline is not told of what it runs. */
  readonly untold: SessionWorker;
  readonly tools: ToolRegistry;
  readonly conversation: Conversation;
  readonly spending: ReturnType<typeof createSpending>;
  /** The provider that was selected, once there is one. */
  selection(): Selection | undefined;
  readonly model: Pick<ModelChoice, 'kept' | 'restore'>;
  readonly answers: Answers;
  /** The session's loop, made with its provider on first use. Rejects with a ProviderError. */
  loop(signal: AbortSignal, asked?: Partial<Parameters<OpenLoop>[1]>): Promise<ContinuationManager>;
  /** Opens loops for attempts at one prompt side by side. */
  readonly attempts: OpenAttempts;
  /** Ends what the loop holds; worker and audit are ended by who uses them. */
  closeLoop(): Promise<void>;
}

/**
 * Joins sandbox, policy, audit, network, tools, economy and loop for one session, and starts its worker.
 * @throws RepliqueError where no workspace can be had
 */
export function assemble(options: AssemblyOptions): Assembly {
  const { config, sessionId, cwd, notebook, log } = options;
  const notebookFile = notebook === undefined ? undefined : resolve(cwd, notebook);
  const directory = config.auditDir ?? auditDir();
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
  const common = {
    launcher,
    python: () => locatePython(config),
    workspace: workspace.path,
    folders: () => chooseFolders(config.readOnlyFolders, places),
    limits,
    network,
    disk: new DiskWatch(workspace.path),
    busyGraceMs: config.busyGraceSeconds * 1000,
    sessionTime: new SessionTime((config.sessionSeconds ?? Infinity) * 1000),
    observe: workerObserver(audit, launcher.name, limits),
  };
  const kernelspecs = launcher.name === 'seatbelt' ? [] : findKernelspecs(workspace.path, places.programs);
  const mayShow = (folder: string): boolean => whyNotShown(folder, { ...places, programs: [] }) === undefined;
  const polyglot = polyglotWorker(
    createWorker({
      ...common,
      warmWorkers: config.warmWorkers,
      onReplaced: (id) => options.timeline?.replaced(id),
    }),
    (language) =>
      createWorker({
        ...common,
        kernel: programOf(kernelspecs, language, { workspace: workspace.path, mayShow }),
        warmWorkers: 0,
      }),
  );
  const guarded = guardedWorker(polyglot, {
    workspace: workspace.path,
    notebook: notebookFile,
    setAside: join(dataDir(), 'set-aside', sessionId),
    onUndone: (undone, { origin }) => audit.note('file-restored', restoredEvent(undone, origin)),
  });
  const untold = policing.wrap(auditedWorker(guarded, audit));
  const worker = recordingWorker(untold, {
    took: (step) => options.timeline?.took(step),
    opened: (paths) => options.timeline?.opened(paths),
  });
  if (options.startsWorker !== false) {
    worker.ready().catch((error: unknown) => log(`The worker is not ready: ${String(error)}`));
  }
  const own = [createPythonTool(worker), createBashTool(worker)];
  const tools = createToolRegistry([...own, ...kernelspecTools(worker, kernelspecs, own)]);
  const conversation = new Conversation(systemPrompt(tools), options.onChange);
  const files = new KeptFiles(workspace.path);
  let manager: ContinuationManager | undefined;
  const spending = createSpending({ config, notebook, session: sessionId, file: ledgerFile() });
  const choice = new ModelChoice({
    config,
    select: (wanted, signal) => selectResilient(wanted, signal, spending),
    confirm: confirmModel,
  });

  const managerOf = (
    { provider, model }: Selection,
    { looking, temperature, ...own }: OwnOptions,
  ): ContinuationManager =>
    new ContinuationManager({
      ...{ provider, model, costOf: spending.costOf, maxTurns: config.maxTurns },
      ...own,
      params: { temperature, maxTokens: config.maxTokens },
      helperTimeoutMs: config.helperTimeoutSeconds * 1000,
      workspaceListing: () => looking(() => listWorkspace(workspace.path, provider.isLocal)),
      filesNamed: (name) => looking(() => filesNamed(workspace.path, name)),
      keepResult: (text) => files.keepText('result', text),
      memoryListing: () => looking(async () => listVariables(await worker.variables())),
    });
  const attempts = attemptsOpener({
    ...{ choice, spending, managerOf, temperature: config.temperature },
    tools: createToolRegistry(own),
  });
  const loop: Assembly['loop'] = async (signal, { cell, say = () => undefined } = {}) => {
    await spending.open();
    if (cell !== undefined) spending.beginCell(cell);
    const selection = await choice.make(signal, say);
    manager ??= managerOf(
      { ...selection, provider: options.wrapProvider?.(selection.provider) ?? selection.provider },
      { tools, conversation, temperature: config.temperature, looking: (look) => look() },
    );
    return manager;
  };
  const answers: Answers = {
    current: () => {
      const kept = choice.kept();
      return kept && `${kept.provider}:${kept.model}`;
    },
    change: async (to, signal, say) => {
      await spending.open();
      await choice.change(to, signal, say);
      manager = undefined;
    },
  };
  return {
    ...{ answers, tools, workspace, files, notebookFile, audit, policy, network },
    ...{ worker, untold, conversation, spending, loop, attempts },
    isolation: launcher.name,
    auditDirectory: config.audit === 'on' ? directory : undefined,
    selection: () => choice.selection,
    model: choice,
    closeLoop: async () => {
      spending.close();
      await choice.selection?.provider.close();
    },
  };
}
