import { fileURLToPath } from 'node:url';
import { Asides } from './asides.ts';
import { ChannelPool, type Line } from './channel.ts';
import { Checker } from './checker.ts';
import type { Limits, NetworkAccess, SandboxProcess, WorkerEvent } from './contract.ts';
import { killWithin } from './kill.ts';
import { complaintsOn } from './complaints.ts';
import { MemoryGrowth } from './memory-growth.ts';
import type { DoneMessage, ReplyMessage } from './messages.ts';
import { placeOf, type Place } from './place.ts';
import { channelsOfWorker, mostAsides, mostSnapshots, waitingProcesses } from './snapshots/room.ts';
import { goneFailure, Snapshots } from './snapshots/snapshots.ts';
import { DiskWatch } from './watchdog/disk.ts';
import { Guard } from './watchdog/guard.ts';
import { readTextChannels } from './text-channels.ts';
import type { WorkerProcessOptions } from './worker-options.ts';
import { WorkerPeer, type CodeToRun, type Death, type RunEnd, type RunHooks } from './worker-peer.ts';
import { hello, startFailure, startMs } from './worker-hello.ts';

const ours = { directory: fileURLToPath(new URL('./worker', import.meta.url)), entry: 'main.py' };
/** How long what a process wrote last is on its way where another one passes it on. */
const lastWordsMs = 30;
const killMs = 2_000;

/** One sandbox with its active worker process and the snapshots of it. */
export class WorkerProcess {
  readonly checker: Checker;
  readonly #sandbox: SandboxProcess;
  readonly #observe: (event: WorkerEvent) => void;
  readonly #pool: ChannelPool;
  readonly #workspace: Place;
  readonly #limits: Limits;
  readonly #snapshots: Snapshots;
  readonly #asides = new Asides(mostAsides, {
    take: () => this.#pool.take(),
    kill: (pid) => this.#sandbox.signal(pid, 'SIGKILL'),
  });
  readonly #guard: Guard | undefined;
  readonly #memory = new MemoryGrowth();
  #network: ReturnType<NetworkAccess['attach']> | undefined;
  #peer: WorkerPeer;
  /** The active process has been reaped. */
  #ended = false;
  #over = false;
  /** Its text is not heard any more: it is about to end. */
  #isDeaf = false;
  /** Settles when it has ended and its last words are told. */
  #told: Promise<void> = Promise.resolve();
  /** Aborted when nothing of the sandbox runs any more. */
  readonly #gone = new AbortController();

  private constructor(
    sandbox: SandboxProcess,
    workspace: Place,
    pool: ChannelPool,
    line: Line,
    checker: Checker,
    { limits, disk = new DiskWatch(workspace.path), observe = () => undefined }: WorkerProcessOptions,
  ) {
    this.#sandbox = sandbox;
    this.checker = checker;
    this.#workspace = workspace;
    this.#limits = limits;
    this.#pool = pool;
    this.#observe = observe;
    this.#snapshots = new Snapshots(mostSnapshots, { sandbox, pool, gone: this.#gone.signal });
    this.#peer = this.#meet(line, sandbox.workerPid, false);
    if (sandbox.hostPid === undefined || process.platform !== 'linux') return;
    this.#guard = new Guard({
      root: sandbox.hostPid,
      workerPid: sandbox.workerPid,
      ...{ disk, limits, snapshots: this.#snapshots },
      forwarderPid: () => sandbox.egress?.forwarderPid(),
      onStopped: (excess) => this.#peer.end({ excess }),
    });
  }

  /**
   * Starts a sandbox and waits until its worker can execute.
   * @param unwanted aborted: it is waited for no more
   * @throws RepliqueError WORKER_FAILED, PYTHON_WITHOUT_IPYTHON, or what the launcher throws
   */
  static async start(options: WorkerProcessOptions, unwanted?: AbortSignal): Promise<WorkerProcess> {
    const { workspace, limits, kernel } = options;
    const python = await options.python();
    const { directory, entry } = options.files ?? ours;
    const place = placeOf(workspace);
    const sandbox = await options.launcher.launch({
      ...{ python, workspace, limits, entry, workerFiles: directory },
      ...{ channels: channelsOfWorker, waiting: kernel ? 0 : waitingProcesses },
      folders: [...(options.folders?.() ?? []), ...(kernel?.folders ?? [])],
      egress: options.network !== undefined,
      ...(kernel && { arguments: [JSON.stringify(kernel)], freeAddressSpace: true }),
    });
    const [stdout, stderr, ...rest] = sandbox.channels;
    for (const channel of sandbox.channels) channel.on('error', () => undefined);
    const checker = new Checker(new ChannelPool(rest.splice(-1), limits.messagesPerSecond).take(true));
    const pool = new ChannelPool(rest, limits.messagesPerSecond);
    const line = pool.take(true);
    const gone = new AbortController();
    void sandbox.exited.then(() => gone.abort());
    try {
      const signals = unwanted ? [gone.signal, unwanted] : [gone.signal];
      await hello(line, 'worker', startMs, { gone: AbortSignal.any(signals) });
    } catch (error) {
      sandbox.kill();
      await sandbox.exited;
      throw startFailure(sandbox.stderrTail() || String(error), kernel?.name, python.executable);
    }
    const started = new WorkerProcess(sandbox, place, pool, line, checker, options);
    if (sandbox.egress) started.#network = options.network?.attach(sandbox.egress);
    const onText = (name: 'stdout' | 'stderr', chunk: Buffer): void => started.#peer.text(name, chunk);
    const onGone = (): void => void (started.#isDeaf = true);
    readTextChannels({ stdout, stderr, pace: pool.pace, onText, onGone, end: () => sandbox.kill() });
    started.#watch();
    return started;
  }

  /** Its first process, by its number on the host. */
  get firstPid(): number | undefined {
    return this.#over ? undefined : this.#sandbox.hostPid;
  }

  /** The active process; it may be dead. */
  get peer(): WorkerPeer {
    return this.#peer;
  }

  /** The snapshot that the session stands at or has moved on from. */
  get newestSnapshot(): string | undefined {
    return this.#over ? undefined : this.#snapshots.newest;
  }

  /** What happened to code that the code itself can't know. */
  complaints({ error, memory }: DoneMessage): readonly string[] {
    const kill = this.#sandbox.takeMemoryKill?.();
    const around = { pace: this.#pool.pace, place: this.#workspace, limits: this.#limits };
    return [...complaintsOn(error, { kill, ...around }), ...this.#memory.notice(memory, this.#limits)];
  }

  /** Settles when it is known whether code can run in it. */
  async fit(): Promise<void> {
    if (this.#isDeaf) await this.#told;
  }

  /** Runs code in the active process, within the limits of all processes together. */
  async run(code: CodeToRun, hooks: RunHooks): Promise<RunEnd> {
    this.#guard?.begin();
    this.#pool.pace.begin();
    try {
      const waiting = this.#snapshots.processes + mostAsides;
      return await this.#peer.run({ ...code, waiting }, hooks);
    } finally {
      this.#guard?.end();
      this.#pool.pace.end();
    }
  }

  /** The proxy that code inside can use now. */
  async proxy(): Promise<string | undefined> {
    return this.#network?.proxy();
  }

  /** Interrupts the running request. */
  interrupt(): void {
    this.#peer.nameInterrupt();
    this.#pool.pace.lift();
    this.#sandbox.signal(this.#peer.pid, 'SIGINT');
  }

  /** Has a copy of the newest snapshot answer, whatever the active process does; `undefined` where there is no answer in time. */
  async askAside(question: Readonly<Record<string, unknown>>): Promise<ReplyMessage | undefined> {
    const parent = this.#over ? undefined : this.#snapshots.newestOne;
    return parent && this.#asides.ask(parent, question);
  }

  /** Forks a snapshot of the idle process. @throws RepliqueError SNAPSHOT_FAILED */
  async snapshot(): Promise<string> {
    const id = await this.#snapshots.take(this.#peer);
    void this.#guard?.boundSnapshots();
    return id;
  }

  limitsOf(id: string): readonly string[] {
    return this.#snapshots.limitsOf(id);
  }

  /** Replaces the active process by a copy of a snapshot. @throws RepliqueError SNAPSHOT_FAILED */
  async resume(id: string): Promise<{ readonly lostThreads: number }> {
    if (!this.has(id)) throw goneFailure();
    const replaces = this.#peer.pid;
    await this.#killActive();
    const line: Line = this.#pool.take();
    const { pid, threads } = await this.#snapshots.resume(id, line, replaces);
    this.#peer = this.#meet(line, pid, true);
    this.#ended = false;
    return { lostThreads: threads };
  }

  drop(id: string): void {
    this.#snapshots.drop(id);
  }

  has(id: string): boolean {
    return !this.#over && this.#snapshots.has(id);
  }

  /** Ends everything in the sandbox; settles when nothing runs any more. */
  async close(): Promise<void> {
    this.#over = true;
    this.#guard?.close();
    this.#peer.end({ status: null });
    this.#sandbox.kill();
    await this.#sandbox.exited;
  }

  #meet(line: Line, pid: number, restored: boolean): WorkerPeer {
    this.#observe({ kind: 'started', restored });
    return new WorkerPeer(line, pid, {
      pace: this.#pool.pace,
      onBreach: () => this.#sandbox.signal(pid, 'SIGKILL'),
      onEnd: (death) => this.#observe({ kind: 'ended', status: null, ...death }),
    });
  }

  async #killActive(): Promise<void> {
    const { pid } = this.#peer;
    if (this.#ended) return;
    await killWithin(this.#sandbox, pid, killMs);
    this.#peer.end({ status: -9 });
  }

  #watch(): void {
    const tell = async (client: WorkerPeer, death: Death): Promise<void> => {
      this.#pool.pace.lift();
      await this.#pool.pace.quiet(lastWordsMs);
      client.end(death);
    };
    this.#sandbox.onProcessExit((pid, status) => {
      this.#snapshots.ended(pid);
      this.#asides.ended(pid);
      this.checker.ended(pid);
      if (pid !== this.#peer.pid) return;
      this.#ended = true;
      const kill = status === -9 ? this.#sandbox.takeMemoryKill?.() : undefined;
      void tell(this.#peer, kill ? { excess: kill } : { status });
    });
    this.#told = this.#sandbox.exited.then(() => {
      this.#over = this.#ended = true;
      this.#gone.abort();
      this.checker.ended();
      this.#guard?.close();
      return tell(this.#peer, { status: null });
    });
  }
}
