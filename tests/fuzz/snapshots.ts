import { tmpdir } from 'node:os';
import { RepliqueError } from '../../kernel/errors.ts';
import { WorkerProcess } from '../../kernel/sandbox/worker-process.ts';
import { settledWithin } from '../../kernel/sandbox/worker-time.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';
import { SandboxDouble } from './sandbox-double.ts';

/** Longer than the host itself waits for a copy. */
const hangMs = 20_000;
/** How long code may give no sign. */
const silentMs = 500;
const mostSteps = 40;
/** Conversations mostly wait: the more there are to have, the more are held at once. */
const atOnce = (count: number): number => Math.min(2000, Math.max(100, Math.ceil(count / 100)));
const mostFaults = 20;
const limits = {
  ...{ memoryBytes: 2 ** 30, processes: 64, openFiles: 256, fileBytes: 2 ** 30 },
  ...{ cpuSeconds: 60, diskBytes: 2 ** 30, newFiles: 1000, messagesPerSecond: 1_000_000 },
};

/**
 * Has the host take, resume and drop snapshots and run code, with a sandbox behind it that answers wrongly and tells of
 * deaths at the worst moment (see SandboxDouble).
 * @param onProgress called from time to time with the number of messages so far
 */
export async function fuzzSnapshots(
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> {
  const seeds = new Random(seed);
  const ends: Record<string, number> = {};
  const faults: string[] = [];
  /** Conversations that took too long while thousands were held at once, on a machine that may have had other work. */
  const slow: number[] = [];
  let messages = 0;
  let conversations = 0;
  const onStray = (error: unknown): void => void faults.push(`a stray error: ${String(error)}`);
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  const converse = async (): Promise<void> => {
    while (messages < count && faults.length < mostFaults) {
      const own = seeds.below(2 ** 31);
      const conversation = new Conversation(new Random(own), ends);
      conversations += 1;
      await conversation.hold();
      const isSlow = conversation.faults.length > 0 && conversation.faults.every(isHang);
      if (isSlow) slow.push(own);
      else faults.push(...conversation.faults.map((fault) => `conversation of seed ${own}: ${fault}`));
      const before = messages;
      messages += conversation.sent;
      if (Math.floor(before / 50_000) !== Math.floor(messages / 50_000)) onProgress(messages);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce(count) }, converse));
    for (const own of slow) {
      const again = new Conversation(new Random(own), ends);
      await again.hold();
      faults.push(...again.faults.map((fault) => `conversation of seed ${own}, held again alone: ${fault}`));
    }
    if (slow.length > 0) ends['held again alone'] = slow.length;
  } finally {
    process.off('unhandledRejection', onStray);
    process.off('uncaughtException', onStray);
  }
  return { messages, conversations, ends, faults };
}

const isHang = (fault: string): boolean => fault.endsWith(' hung');

/** One session, until its sandbox is given up. */
class Conversation {
  readonly faults: string[] = [];
  readonly #random: Random;
  readonly #ends: Record<string, number>;
  #double: SandboxDouble | undefined;

  constructor(random: Random, ends: Record<string, number>) {
    this.#random = random;
    this.#ends = ends;
  }

  get sent(): number {
    return this.#double?.sent ?? 0;
  }

  async hold(): Promise<void> {
    const started = await WorkerProcess.start({
      launcher: {
        name: 'none',
        launch: ({ channels }) => Promise.resolve((this.#double = new SandboxDouble(this.#random, channels))),
      },
      python: () => Promise.resolve({ executable: 'none', directories: [], version: '3' }),
      workspace: tmpdir(),
      limits,
    });
    const ids: string[] = [];
    for (let step = 0; step < mostSteps && this.faults.length === 0; step += 1) {
      if (started.peer.death !== undefined) ids.splice(0, ids.length, started.newestSnapshot ?? '');
      await this.#step(started, ids);
    }
    await this.#within('the end', started.close());
  }

  async #step(worker: WorkerProcess, ids: string[]): Promise<void> {
    const id = this.#random.pick(['no such', ...ids, ...ids]);
    const mustResume = worker.peer.death !== undefined;
    switch (mustResume ? 3 : this.#random.below(5)) {
      case 0:
        return this.#within('code', this.#run(worker));
      case 1:
        worker.drop(id);
        return;
      case 2:
      case 4:
        return this.#within(
          'snapshot',
          worker.snapshot().then((taken) => ids.push(taken)),
        );
      default:
        return this.#within('resume', this.#resume(worker, mustResume ? ids[0]! : id));
    }
  }

  async #run(worker: WorkerProcess): Promise<void> {
    const code = { code: 'x', language: 'python', userExpressions: {} } as const;
    const ending = worker.run(code, { onOutput: () => undefined });
    const end = await settledWithin(ending, silentMs);
    if (end === undefined) {
      // As a session does whose time limit is over.
      const id = worker.newestSnapshot;
      await (id === undefined ? worker.close() : worker.resume(id).catch(() => worker.close()));
    }
    this.#count(end?.kind ?? `silent, ${(await ending).kind}`);
  }

  async #resume(worker: WorkerProcess, id: string): Promise<void> {
    this.#double?.beginCounting();
    await worker.resume(id);
    if (this.#double?.hasEnded(worker.peer.pid)) this.faults.push('it stands at a process that has ended');
  }

  /** Ends, in a way that is foreseen, in time. */
  async #within(what: string, act: Promise<unknown>): Promise<void> {
    const settled = act.then(
      () => this.#count(what),
      (error: unknown) => {
        if (error instanceof RepliqueError && error.code === 'SNAPSHOT_FAILED') this.#count(`${what} failed`);
        else this.faults.push(`${what}: ${String(error)}`);
      },
    );
    if (
      (await settledWithin(
        settled.then(() => true),
        hangMs,
      )) === undefined
    )
      this.faults.push(`${what} hung`);
  }

  #count(what: string): void {
    this.#ends[what] = (this.#ends[what] ?? 0) + 1;
  }
}
