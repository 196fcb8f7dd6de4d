import type { LimitHit, Limits } from '../contract.ts';
import { killQuietly } from '../kill.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import type { DiskWatch } from './disk.ts';
import { SharedMemory } from './shared.ts';
import { identityOf, insidePid, residentBytes, usageBelow, type SeenProcess, type Usage } from './usage.ts';
import { Watchdog } from './watchdog.ts';

/** Of a session's memory, what snapshots may hold that the session does not. */
const snapshotsShare = 0.5;
/** Of what the machine (or the container) has left, too: many sessions keep snapshots. */
const availableShare = 0.1;
/** Counting takes the system at most a tenth of the time. */
const restAfterCount = 10;

interface GuardOptions {
  /** The sandbox's first process, by its number on the host. No code has run yet in it. */
  readonly root: number;
  /** Inside. */
  readonly workerPid: number;
  readonly disk: DiskWatch;
  readonly limits: Limits;
  readonly snapshots: Snapshots;
  /** Its number inside, where there is one. */
  readonly forwarderPid: () => number | undefined;
  /** What ran was ended for that. */
  readonly onStopped: (hit: LimitHit) => void;
}

/** What the snapshots of a session may hold beside it, in bytes; `available`: what is free of the machine's memory. */
function bytesForSnapshots(limit: number, available: number): number {
  return Math.min(limit * snapshotsShare, available * availableShare);
}

/** Holds the limits of one sandbox, and knows which of its processes are ours: what goes first is never work. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #watchdog: Watchdog;
  readonly #shared = new SharedMemory();
  /** The sandbox's first process, the one that passes on text and the checker. */
  readonly #own: ReadonlySet<string>;
  /** Numbers inside, by identity. */
  #inside = new Map<string, number>();
  #bounding = false;
  #isAsked = false;
  #again: NodeJS.Timeout | undefined;
  #countAfter = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    const { root, workerPid, disk, limits } = options;
    const own = usageBelow(root).processes.filter((seen) => insidePid(seen.pid) !== workerPid);
    this.#own = new Set(own.map(identityOf));
    this.#watchdog = new Watchdog({
      ...{ root, disk, limits, shared: this.#shared },
      waiting: () => this.#waiting(),
      onExcess: (hit, usage) => this.#stop(hit, usage),
    });
  }

  begin(): void {
    this.#watchdog.begin();
  }

  end(): void {
    this.#watchdog.end();
  }

  close(): void {
    clearTimeout(this.#again);
    this.#watchdog.close();
  }

  /** Where snapshots hold more than they may together, those that were used longest ago go. Never rejects. */
  async boundSnapshots(): Promise<void> {
    this.#isAsked = true;
    if (this.#bounding) return;
    this.#bounding = true;
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        while (await this.#freeSome());
      }
    } finally {
      this.#bounding = false;
    }
  }

  /** Whether some went; after that the rest is to be counted anew. */
  async #freeSome(): Promise<boolean> {
    const { root, limits, snapshots } = this.#options;
    const allowed = bytesForSnapshots(limits.memoryBytes, process.availableMemory());
    const usage = usageBelow(root);
    const waits = this.#waiting();
    const began = performance.now();
    if (this.#shared.atMost(usage.processes.filter(waits)) <= allowed) return false;
    if (began < this.#countAfter) {
      this.#later(this.#countAfter - began);
      return false;
    }
    const counted = await this.#shared.count(usage, waits);
    const ended = performance.now();
    this.#countAfter = ended + restAfterCount * (ended - began);
    const held = counted - residentBytes(usage.processes.filter((seen) => !waits(seen)));
    if (held <= allowed || snapshots.pids.size <= 1) return false;
    const proportional = new Map(
      usage.processes.map((seen) => [this.#insideOf(seen), this.#shared.counted([seen])]),
    );
    await snapshots.free(held - allowed, (pid) => proportional.get(pid) ?? 0);
    this.#countAfter = 0;
    return true;
  }

  /** Looks again when it has rested, also where no further snapshot comes. */
  #later(ms: number): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      void this.boundSnapshots();
    }, ms).unref();
  }

  /**
   * Ends what runs; the snapshots stay. Where it would be enough to end the older ones, or it is they that hold the memory,
   * they go instead, and the next look tells whether that was enough.
   */
  #stop(hit: LimitHit, { processes }: Usage): void {
    const { snapshots, onStopped } = this.#options;
    const forwarder = this.#options.forwarderPid();
    const waits = this.#waiting();
    const isKept = (seen: SeenProcess): boolean =>
      this.#own.has(identityOf(seen)) || waits(seen) || this.#insideOf(seen) === forwarder;
    if (hit.limit === 'memory' && snapshots.pids.size > 1) {
      const running = residentBytes(processes.filter((seen) => !waits(seen)));
      if (running < hit.allowed || this.#shared.counted(processes.filter(waits)) > hit.allowed / 2) {
        snapshots.dropOlder();
        return;
      }
    }
    for (const seen of processes) if (!isKept(seen)) killQuietly(seen.pid);
    onStopped(hit);
  }

  #waiting(): (seen: SeenProcess) => boolean {
    const { pids } = this.#options.snapshots;
    return (seen) => pids.has(this.#insideOf(seen));
  }

  #insideOf(seen: SeenProcess): number {
    const identity = identityOf(seen);
    let inside = this.#inside.get(identity);
    if (inside === undefined) {
      inside = insidePid(seen.pid);
      if (this.#inside.size >= 10_000) this.#inside = new Map();
      this.#inside.set(identity, inside);
    }
    return inside;
  }
}
