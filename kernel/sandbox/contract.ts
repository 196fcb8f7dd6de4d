import type { Duplex } from 'node:stream';

/** A MIME bundle as Jupyter's messages carry it: MIME type to data. */
export type Bundle = Readonly<Record<string, unknown>>;

/** One thing that running code emitted, in order. Everything in it is hostile until the output firewall has seen it. */
export type WorkerOutput =
  | { readonly kind: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | {
      readonly kind: 'display';
      readonly data: Bundle;
      readonly metadata: Bundle;
      readonly displayId?: string;
      /** Meant to be paged through, where the client can. */
      readonly pager?: boolean;
    }
  | {
      readonly kind: 'update_display';
      readonly data: Bundle;
      readonly metadata: Bundle;
      readonly displayId: string;
    }
  | { readonly kind: 'clear_output'; readonly wait: boolean }
  | { readonly kind: 'result'; readonly data: Bundle; readonly metadata: Bundle }
  | { readonly kind: 'error'; readonly error: WorkerError }
  | CommOutput;

/** What code says to a widget in the page. */
export interface CommOutput {
  readonly kind: 'comm';
  readonly event: 'open' | 'msg' | 'close';
  readonly comm: string;
  /** Of an opening. */
  readonly target?: string;
  readonly data: Bundle;
  readonly buffers: readonly Buffer[];
}

/** What a widget in the page says to code. */
export interface CommDelivery {
  readonly event: 'msg' | 'close';
  readonly comm: string;
  readonly data: Bundle;
  readonly buffers: readonly Uint8Array[];
}

/** A Python exception (or a bash exit status) as Jupyter's `error` output has it. */
export interface WorkerError {
  readonly ename: string;
  readonly evalue: string;
  /** Lines, with ANSI colours. */
  readonly traceback: readonly string[];
}

/** How one piece of code ended. */
export interface ExecuteOutcome {
  /** `limit`: ended by a limit other than time, named in `notice`. `died`: the process ended by itself. */
  readonly status: 'ok' | 'error' | 'interrupted' | 'timeout' | 'limit' | 'died';
  readonly error?: WorkerError;
  readonly durationMs: number;
  /** A sentence for reader and model: a worker that was replaced, a limit that was hit and how to raise it. */
  readonly notice?: string;
  /** Results of `userExpressions`, in the shape of Jupyter's execute_reply. */
  readonly userExpressions?: Readonly<Record<string, unknown>>;
  /** Files of the workspace that Python opened to read, as it says; relative to it. */
  readonly opened?: readonly string[];
}

/** Whose code it is: a helper's of a turn, a person's own cell, or the kernel's. `isAgain`: it rebuilds memory. */
export type RunOrigin =
  | { readonly kind: 'helper'; readonly turn: number; readonly helper: number; readonly isAgain?: true }
  | { readonly kind: 'cell' | 'kernel'; readonly isAgain?: true };

export interface ExecuteOptions {
  readonly code: string;
  /** `python`, `bash`, or the name of another Jupyter kernel. */
  readonly language: string;
  /** Recorded with the run; nothing else depends on it. */
  readonly origin?: RunOrigin;
  /** Aborted: the code is interrupted; `execute` then settles within 200 ms whatever the code does. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly onOutput: (output: WorkerOutput) => void;
  /** Asks the person, until `gone` is aborted; absent where stdin is not allowed. */
  readonly onInput?: (prompt: string, password: boolean, gone?: AbortSignal) => Promise<string>;
  readonly userExpressions?: Readonly<Record<string, string>>;
  /** Python shows and keeps no value of it. */
  readonly silent?: boolean;
  /** `false`: it takes no number from the cells after it. */
  readonly storeHistory?: boolean;
  /** Handed to the widget it is meant for, in place of the code. */
  readonly comm?: CommDelivery;
}

export interface CompletionResult {
  readonly matches: readonly string[];
  /** In Unicode code points. */
  readonly cursorStart: number;
  readonly cursorEnd: number;
  /** Of each match, in the same order: what it is, in a word, and the parameters of a function. */
  readonly kinds?: readonly { readonly kind: string; readonly signature: string }[];
}

/** Whether code would run as it stands; where it would not yet, how its next line is indented. */
export interface Completeness {
  readonly status: 'complete' | 'incomplete' | 'invalid';
  readonly indent?: string;
}

/** A name below a path, and what it stands for, in a word: `DataFrame`, `column`, `function`. */
interface NameFound {
  readonly name: string;
  readonly kind: string;
}

/** A name in the worker's memory, and what its value is: hostile like everything from there. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** What there is at one place that a prompt points at. */
export type Look =
  /** `what`: in a few words; `text`: what can be seen of it; `isPart`: these are the first rows of more. */
  | { readonly status: 'value'; readonly what: string; readonly text: string; readonly isPart: boolean }
  /** No variable, but a word with another meaning: Python's own, a module, a column, a method. */
  | { readonly status: 'word' }
  /** With the names that an attribute could have had. */
  | { readonly status: 'unknown'; readonly names: readonly string[] }
  /** There is one, but too many were asked for. */
  | { readonly status: 'more' };

/** One look for each path that was asked for, and the variables that there are. */
export interface Looks {
  readonly looks: readonly Look[];
  readonly names: readonly string[];
}

/** The Python process of one session, in its sandbox, with snapshots. One `execute` at a time. */
export interface Worker {
  /** Starts the process if it is not running; settles when it can execute. Throws a RepliqueError. */
  ready(): Promise<void>;
  /** The number of the cell whose code comes next: what tracebacks call it, and where Python keeps its result. */
  beginCell(executionCount: number, cell?: string): void;
  execute(options: ExecuteOptions): Promise<ExecuteOutcome>;
  complete(code: string, cursorPos: number): Promise<CompletionResult>;
  inspect(code: string, cursorPos: number, detailLevel: 0 | 1): Promise<Bundle | undefined>;
  isComplete(code: string): Promise<Completeness>;
  /** Names that begin so below a dotted path, variables where that is empty. None of the values' own code is run. */
  names(path: readonly string[], prefix: string): Promise<readonly NameFound[]>;
  /** What a dotted path leads to: type, size and beginning. None of the value's own code is run. */
  glance(path: readonly string[]): Promise<string | undefined>;
  /** Takes a snapshot of the idle process and returns its id. Of too many, those that were used longest ago go. */
  snapshot(): Promise<string>;
  /** Sentences on what of the process that snapshot has not, or has only in part. With none it is exact. */
  limitsOf(id: string): readonly string[];
  /** Makes a copy of that snapshot the active process. */
  resume(id: string): Promise<void>;
  drop(id: string): Promise<void>;
  /** Whether that snapshot lives. */
  has(id: string): boolean;
  /** A fresh process, nothing in memory. */
  restart(): Promise<void>;
  /** Ends every process of the session. */
  close(): Promise<void>;
}

/** What becomes of the processes that run code. */
export type WorkerEvent =
  | { readonly kind: 'started'; readonly restored: boolean }
  /** `status`: below zero the signal that ended it, `null` where the whole sandbox ended. `breach`: what it sent. */
  | {
      readonly kind: 'ended';
      readonly status: number | null;
      readonly breach?: string;
      readonly excess?: LimitHit;
    };

/** Limits in force for one sandbox. Sizes in bytes, times in seconds. */
export interface Limits {
  /** Of all processes together, and the address space of each. */
  readonly memoryBytes: number;
  readonly processes: number;
  readonly openFiles: number;
  readonly fileBytes: number;
  /** Of each process, and of all that one run of code starts, together. */
  readonly cpuSeconds: number;
  /** What code may add to the workspace in one session. */
  readonly diskBytes: number;
  readonly newFiles: number;
  /** Beyond a burst, of all channels together: what sends more is slowed down. */
  readonly messagesPerSecond: number;
}

/** A limit of all processes together, or of the workspace, that code has gone over. Bytes, seconds, or a count. */
export interface LimitHit {
  readonly limit: 'memory' | 'cpu' | 'disk' | 'files';
  readonly used: number;
  readonly allowed: number;
}

/** A Python that can run the worker. */
export interface PythonInstallation {
  /** Absolute path, as the sandbox sees it too. */
  readonly executable: string;
  /** Directories outside /usr that it needs, bound read-only at the same path. */
  readonly directories: readonly string[];
  readonly version: string;
}

/** Another Jupyter kernel that runs code, as its kernelspec has it. */
export interface KernelProgram {
  readonly name: string;
  /** `{connection_file}` in it stands for the path of that file. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interruptMode: 'signal' | 'message';
  /** Directories of the host that it needs, shown read-only. */
  readonly folders: readonly string[];
}

export interface LaunchOptions {
  readonly python: PythonInstallation;
  /** Absolute path of the one writable directory; the process sees it as its current directory. */
  readonly workspace: string;
  /** More directories of the host that can be read, at the same paths. */
  readonly folders?: readonly string[];
  /** Directory of the worker's Python files, bound read-only. */
  readonly workerFiles: string;
  /** Path of the worker's entry file within `workerFiles`. */
  readonly entry: string;
  /** What the entry file is told besides its channels. */
  readonly arguments?: readonly string[];
  /** Each process may have as much address space as it likes: some programs reserve far more than they use. */
  readonly freeAddressSpace?: boolean;
  readonly limits: Limits;
  /** So many processes may wait in it for the host, beside those that `limits` allows. */
  readonly waiting?: number;
  /** Number of full-duplex channels handed to the process as descriptors 4, 5, … (3 is PID 1's own). */
  readonly channels: number;
  /** One more, which PID 1 keeps for the forwarder to the network. */
  readonly egress?: boolean;
}

/** The way out of one sandbox, as its first process offers it. */
export interface EgressLine {
  readonly channel: Duplex;
  /** Has PID 1 start the forwarder. */
  start(): void;
  /** Its number inside, once it has been started. */
  forwarderPid(): number | undefined;
}

/** What decides on a session's network. */
export interface NetworkAccess {
  /** Takes over a sandbox's line. `proxy` settles when code inside can use it, with its address, if anything is allowed. */
  attach(line: EgressLine): { proxy(): Promise<string | undefined> };
  /** Sentences on what was cut since the last call. */
  takeNotices(): readonly string[];
}

/** A running sandbox. */
export interface SandboxProcess {
  /** The host's ends of the channels, in order. */
  readonly channels: readonly Duplex[];
  /** Where it was asked for and the launcher has it. */
  readonly egress?: EgressLine;
  /** The tail of what the process wrote to stderr before the worker took over, for error messages. */
  stderrTail(): string;
  /** The first process of all, by its number on the host; absent where it can't be known. */
  readonly hostPid: number | undefined;
  /** The pid of the first worker process, as seen inside the sandbox. */
  readonly workerPid: number;
  /** Has PID 1 send the signal to a process; `pid` is as seen inside the sandbox. */
  signal(pid: number, signal: 'SIGINT' | 'SIGKILL'): void;
  /** Tells of each process that PID 1 reaps: `pid` as seen inside, and its exit code, or below zero its signal. Returns the end of it. */
  onProcessExit(listener: (pid: number, status: number) => void): () => void;
  /** Where a cgroup counts memory: the limit for which the system has killed inside since the last call. */
  takeMemoryKill?: () => LimitHit | undefined;
  /** Ends everything inside at once. */
  kill(): void;
  /** Settles when nothing inside runs any more. Never rejects. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Starts sandboxes. `none` runs the same worker without any isolation and says so loudly. */
export interface Launcher {
  readonly name: 'bubblewrap' | 'seatbelt' | 'none';
  launch(options: LaunchOptions): Promise<SandboxProcess>;
}

/** One line of the sandbox's part of the system check. */
export interface ProbeLine {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}
