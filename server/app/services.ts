import { version } from '../../package.json';
import { journalDir, labEnvDir, trustedOutputsFile } from '../../kernel/paths.ts';
import { kernelProgram } from '../cli/program.ts';
import { secretVariables, type ServerConfig } from '../config.ts';
import type { Log } from '../http/log.ts';
import { ContentsManager } from '../services/contents/manager.ts';
import { TrustedOutputs } from '../services/contents/trusted-outputs.ts';
import { EventBus, teller } from '../services/events/bus.ts';
import { Journal } from '../services/journal/journal.ts';
import type { Keep } from '../services/kernels/keep/keep.ts';
import { kernelsBeside, lastMessagesBeside } from '../services/kernels/keep/orphans.ts';
import { KernelManager } from '../services/kernels/manager.ts';
import { KernelspecManager } from '../services/kernelspecs/manager.ts';
import { createMetrics, type Metrics } from '../services/metrics/metrics.ts';
import { SessionManager } from '../services/sessions/manager.ts';
import { TerminalManager } from '../services/terminals/manager.ts';
import { sessionRecords } from './kept.ts';
import { ownKernelspec } from './own-kernelspec.ts';

interface Options {
  readonly config: ServerConfig;
  readonly keep: Keep;
  readonly log: Log;
  /** Which of Replique's kernels is started. */
  readonly kernel: 'installed' | 'own';
  /** How many WebSockets are open. */
  readonly websockets: () => number;
}

/** What the resources of the API are about. */
export interface Services {
  readonly kernelspecs: KernelspecManager;
  readonly kernels: KernelManager;
  readonly sessions: SessionManager;
  readonly terminals: TerminalManager;
  readonly contents: ContentsManager;
  readonly journal: Journal;
  readonly events: EventBus;
  readonly metrics: Metrics;
  /**
   * Ends all of it.
   * @param leaves whether the kernels go on for the next server
   */
  close(leaves: boolean): Promise<void>;
}

/** Makes the services and takes over what the server before has left. */
export async function openServices(options: Options): Promise<Services> {
  const { config, keep, log } = options;
  const kernelspecs = new KernelspecManager([labEnvDir()], {
    kernelspec: ownKernelspec(),
    isPreferred: options.kernel === 'own',
  });
  const events = new EventBus();
  const journal = new Journal({
    ...{ directory: journalDir(), root: config.dir, log },
    isOthers: (kernel) => kernelsBeside(keep.store).has(kernel),
    lastMessages: (kernel) => lastMessagesBeside(keep.store, kernel),
  });
  const metrics = createMetrics(
    {
      kernels: () => kernels.list(),
      terminals: () => terminals.list().length,
      sessions: () => sessions.list().length,
      websockets: options.websockets,
      get lastActivity() {
        return kernels.lastActivity;
      },
    },
    version,
  );
  const kernels = new KernelManager({
    ...{ kernelspecs, config, keep, log },
    tell: teller(events, 'kernels'),
    follow: (id, { spec }) => journal.follow(id, spec.argv.includes(kernelProgram())),
    onRestarted: (type) => metrics.restarts.inc({ type }),
  });
  const trust = new TrustedOutputs(trustedOutputsFile());
  const contents = new ContentsManager({
    ...{ directory: config.dir, allowHidden: config.allowHidden, toTrash: config.trash, trust },
    pending: journal,
    onUnsettled: (path, error) => log.warn({ path, err: error }, 'outputs can’t be put into the notebook'),
    onEvent: teller(events, 'contents'),
  });
  journal.settleWith((path) => contents.settle(path));
  const terminals = new TerminalManager({
    ...{ root: config.dir, environment: process.env, secret: secretVariables },
  });
  let sessions: SessionManager;
  const close = async (leaves: boolean): Promise<void> => {
    await Promise.all([leaves ? kernels.leave() : kernels.shutdownAll(), terminals.close()]);
    await journal.close(leaves);
    await contents.close();
    await trust.close();
    if (leaves) keep.store.leave();
    else await keep.end();
  };
  try {
    if (keep.outlives) keep.watch();
    await journal.expect(keep.store.kernels().map(({ id }) => id));
    await kernels.takeOver();
    keep.lookForOrphans();
    sessions = new SessionManager(kernels, sessionRecords(keep, log), (kernel, paths) =>
      journal.bind(kernel, paths),
    );
    await journal.adopt();
    return { kernelspecs, kernels, sessions, terminals, contents, journal, events, metrics, close };
  } catch (error) {
    await close(kernels.all().length > 0); // what the server before has left is for the next attempt
    throw error;
  }
}
