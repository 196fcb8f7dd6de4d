import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { EgressLine, LimitHit, SandboxProcess } from './contract.ts';

const tailBytes = 8 * 1024;
const longestLine = 64 * 1024;
const killGraceMs = 2_000;
const CONTROL = 3;
const FIRST_CHANNEL = 4;
const signals = { SIGINT: 2, SIGKILL: 9 } as const;

const report = z.union([
  z.strictObject({ ready: z.int().min(1), status: z.record(z.string(), z.string()) }),
  z.strictObject({ forwarder: z.int().min(1) }),
  z.strictObject({ exited: z.int().min(1), status: z.int() }),
]);

/** What PID 1 says of itself once it has started the worker. */
export interface Readiness {
  readonly workerPid: number;
  /** Lines of /proc/self/status. */
  readonly status: Readonly<Record<string, string>>;
}

/** A spawned init.py: its control protocol, its channels and its end. */
export class LaunchedProcess implements SandboxProcess {
  readonly channels: readonly Duplex[];
  readonly egress?: EgressLine;
  takeMemoryKill?: () => LimitHit | undefined;
  readonly exited: SandboxProcess['exited'];
  /** Rejects with an Error if the process ends, or says something else, before it is ready. */
  readonly ready: Promise<Readiness>;
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #endAtOnce: () => void;
  readonly #firstPid: () => number | undefined;
  readonly #listeners = new Set<(pid: number, status: number) => void>();
  #tail = Buffer.alloc(0);
  #pending = '';
  #workerPid = 0;
  #forwarderPid: number | undefined;
  #over = false;
  #becomeReady!: (readiness: Readiness) => void;
  #neverReady!: (reason: Error) => void;

  /**
   * @param child spawned with descriptor 3 as control channel and `channels` pipes from 4 on
   * @param endAtOnce kills everything inside, as far as it is known how
   * @param firstPid init.py's number on the host
   * @param egress whether there is one pipe more, for the forwarder
   */
  constructor(
    child: ChildProcess,
    channels: number,
    endAtOnce: () => void,
    firstPid: () => number | undefined = () => child.pid,
    egress = false,
  ) {
    this.#child = child;
    this.#endAtOnce = endAtOnce;
    this.#firstPid = firstPid;
    this.#control = child.stdio[CONTROL] as Duplex;
    this.channels = child.stdio.slice(FIRST_CHANNEL, FIRST_CHANNEL + channels) as unknown as Duplex[];
    if (egress) {
      const channel = child.stdio[FIRST_CHANNEL + channels] as Duplex;
      this.egress = {
        channel,
        start: () => this.#order({ forward: true }),
        forwarderPid: () => this.#forwarderPid,
      };
    }
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      this.#neverReady = reject;
    });
    this.ready.catch(() => undefined);
    this.exited = this.#watchExit();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-tailBytes);
      });
    }
    // A peer that went away shows as the end of the stream, and in `exited`.
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    this.#control.on('data', (chunk: Buffer) => this.#receive(chunk.toString('utf8')));
  }

  get hostPid(): number | undefined {
    return this.#firstPid();
  }

  get workerPid(): number {
    return this.#workerPid;
  }

  stderrTail(): string {
    return this.#tail.toString('utf8').trim();
  }

  onProcessExit(listener: (pid: number, status: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  signal(pid: number, signal: keyof typeof signals): void {
    this.#order({ signal: signals[signal], pid });
  }

  kill(): void {
    if (this.#over) return;
    this.#control.destroy();
    this.#endAtOnce();
    const timer = setTimeout(() => {
      if (this.#over) return;
      this.#endAtOnce();
      this.#child.kill('SIGKILL');
    }, killGraceMs);
    void this.exited.then(() => clearTimeout(timer));
  }

  #order(order: Readonly<Record<string, unknown>>): void {
    if (!this.#over) this.#control.write(`${JSON.stringify(order)}\n`);
  }

  #watchExit(): SandboxProcess['exited'] {
    return new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#over = true;
        // The last reports may still be on their way.
        if (this.#control.closed) resolve({ code, signal });
        else this.#control.once('close', () => resolve({ code, signal }));
      });
      this.#child.once('error', (error) => {
        this.#neverReady(error);
        if (this.#child.pid !== undefined) return;
        this.#over = true;
        resolve({ code: null, signal: null });
      });
      // Unlike `exit`, `close` comes when what was written to stderr has been read.
      this.#child.once('close', () => this.#neverReady(new Error(this.stderrTail())));
    });
  }

  #receive(text: string): void {
    this.#pending += text;
    const lines = this.#pending.split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) this.#obey(line);
    if (this.#pending.length > longestLine) this.#distrust();
  }

  #obey(line: string): void {
    const parsed = report.safeParse(parseJson(line));
    if (!parsed.success) this.#distrust();
    else if ('ready' in parsed.data) {
      this.#workerPid = parsed.data.ready;
      this.#becomeReady({ workerPid: parsed.data.ready, status: parsed.data.status });
    } else if ('forwarder' in parsed.data) this.#forwarderPid = parsed.data.forwarder;
    else {
      const { exited, status } = parsed.data;
      if (exited === this.#forwarderPid) this.#forwarderPid = undefined;
      for (const listener of this.#listeners) listener(exited, status);
    }
  }

  /** PID 1 is ours: a line that it does not write means that it is no longer. */
  #distrust(): void {
    this.#neverReady(new Error('Its first process sent something that is not of its protocol.'));
    this.kill();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
