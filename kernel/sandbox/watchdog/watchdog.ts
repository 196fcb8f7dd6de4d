import type { LimitHit, Limits } from '../contract.ts';
import { CpuMeter } from './cpu.ts';
import type { DiskWatch } from './disk.ts';
import { socketBytes } from './sockets.ts';
import type { SharedMemory } from './shared.ts';
import { usageBelow, type SeenProcess, type Usage } from './usage.ts';

/** Before the first look, and between two, while code runs. */
const firstMs = 10;
const busyMs = { least: 2, most: 100 };
/** While none does: a daemon that it left behind may. */
const idleMs = 1_000;
const diskMs = 200;
/** As fast as two processors fill memory; the nearer the limit, the sooner the next look. */
const fillBytesPerMs = 8_000_000;

interface WatchdogOptions {
  /** The sandbox's first process, by its number on the host. */
  readonly root: number;
  readonly disk: DiskWatch;
  readonly limits: Limits;
  readonly shared: SharedMemory;
  /** Tells which processes only wait, at the time of the call. */
  readonly waiting: () => (seen: SeenProcess) => boolean;
  /** Called with each limit that was gone over; the processes still run. */
  readonly onExcess: (hit: LimitHit, usage: Usage) => void;
}

/**
 * Holds the limits that no rlimit can: those of all processes of a sandbox together, and of its workspace. It looks from
 * outside, by /proc, and never asks a process of the sandbox.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #closed = false;
  /** Of the running code; it begins with the first look, so that short code never pays for one. */
  #cpu = new CpuMeter();
  #diskAt = 0;
  #looking = false;
  #counting = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#schedule(idleMs);
  }

  /** Code begins to run. */
  begin(): void {
    this.#cpu = new CpuMeter();
    this.#running = true;
    this.#schedule(firstMs);
  }

  end(): void {
    this.#running = false;
    this.#schedule(idleMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const { root, limits, shared, onExcess } = this.#options;
    const usage = usageBelow(root);
    const buffers = socketBytes(root);
    const atMost = shared.atMost(usage.processes) + buffers;
    const cpuSeconds = this.#cpu.read(usage);
    if (this.#running && cpuSeconds > limits.cpuSeconds) {
      onExcess({ limit: 'cpu', used: cpuSeconds, allowed: limits.cpuSeconds }, usage);
    }
    if (performance.now() - this.#diskAt > diskMs) void this.#lookAtDisk();
    this.#scheduleFor(atMost);
    if (atMost > limits.memoryBytes) void this.#lookAtShared(usage, buffers);
  }

  /** The nearer the limit, the sooner. */
  #scheduleFor(memory: number): void {
    const left = this.#options.limits.memoryBytes - memory;
    const soon = left < 0 ? busyMs.most : Math.max(busyMs.least, left / fillBytesPerMs);
    this.#schedule(this.#running ? Math.min(busyMs.most, soon) : idleMs);
  }

  /**
   * Counts pages that processes share once. That takes the system milliseconds for each large process: the kernel does
   * not stand still meanwhile, and nothing else is counted.
   */
  async #lookAtShared(usage: Usage, buffers: number): Promise<void> {
    if (this.#counting) return;
    this.#counting = true;
    const { root, limits, shared, waiting, onExcess } = this.#options;
    try {
      const memory = (await shared.count(usage, waiting())) + buffers;
      if (this.#closed) return;
      if (memory > limits.memoryBytes)
        onExcess({ limit: 'memory', used: memory, allowed: limits.memoryBytes }, usageBelow(root));
      else this.#scheduleFor(memory);
    } finally {
      this.#counting = false;
    }
  }

  async #lookAtDisk(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { root, disk, limits, onExcess } = this.#options;
    const processes = (): number[] => usageBelow(root).processes.map(({ pid }) => pid);
    try {
      const growth = await disk.excess({ bytes: limits.diskBytes, files: limits.newFiles }, processes);
      if (growth === undefined || this.#closed) return;
      const hit: LimitHit =
        growth.bytes > limits.diskBytes
          ? { limit: 'disk', used: growth.bytes, allowed: limits.diskBytes }
          : { limit: 'files', used: growth.files, allowed: limits.newFiles };
      onExcess(hit, usageBelow(root));
      disk.settle();
    } finally {
      this.#diskAt = performance.now();
      this.#looking = false;
    }
  }
}
