import type {
  KernelProgram,
  Launcher,
  Limits,
  NetworkAccess,
  PythonInstallation,
  WorkerEvent,
} from './contract.ts';
import type { DiskWatch } from './watchdog/disk.ts';
import type { SessionTime } from './worker-time.ts';

/** What a worker process is started with. */
export interface WorkerProcessOptions {
  readonly launcher: Launcher;
  /** Looks for the Python that runs the worker. */
  readonly python: () => Promise<PythonInstallation>;
  /** Absolute path of the helpers' directory. */
  readonly workspace: string;
  /** More directories that helpers may read. Throws where one can't be shown. */
  readonly folders?: () => readonly string[];
  /** The kernel that runs the code in Python's place. */
  readonly kernel?: KernelProgram;
  readonly limits: Limits;
  /** Counts what is added to the workspace, over all sandboxes of a session; without it each counts its own. */
  readonly disk?: DiskWatch;
  /** The session's way to the network; without it there is none. */
  readonly network?: NetworkAccess;
  /** Told of each process that starts and ends. Must not throw. */
  readonly observe?: (event: WorkerEvent) => void;
  /** Directory and entry file of the worker's Python side; its own unless a test says otherwise. */
  readonly files?: { readonly directory: string; readonly entry: string };
}

/** What a session’s worker is made with. */
export interface WorkerOptions extends WorkerProcessOptions {
  /** How long an interrupted process may stay busy before it is replaced. */
  readonly busyGraceMs: number;
  /** How many workers wait in sandboxes of their own, to replace one without delay. */
  readonly warmWorkers: number;
  /** Wall time of all code of the session together, shared by its workers; absent: as long as it takes. */
  readonly sessionTime?: SessionTime | undefined;
  /** Told when another process has taken over without having been asked for: a copy of that snapshot, or a fresh one. Must not throw. */
  readonly onReplaced?: (snapshot: string | undefined) => void;
}
