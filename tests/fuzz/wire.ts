import { setImmediate as turn } from 'node:timers/promises';
import type { RequestChannel } from '../../kernel/wire/contract.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';
import { oddParts, oversized, partsOf, spoiled } from './wire/frames.ts';
import { startKernelTarget } from './wire/kernel-target.ts';
import { Peer } from './wire/peer.ts';
import { mutate, validRequest } from './wire/requests.ts';
import { startRouterTarget } from './wire/router-target.ts';
import type { Target } from './wire/target.ts';

const mostFaults = 20;
/** A kernel hears this many messages before it is shut down. */
const perKernel = 20_000;
/** Sent before their answers are waited for. */
const perBatch = 200;
/** One in so many goes to the complete kernel, which runs real code. */
const kernelShare = 100;
const channels: readonly RequestChannel[] = ['shell', 'shell', 'shell', 'control', 'stdin'];

/**
 * Sends a kernel what clients send, right, wrong, forged and replayed, over its real sockets. Each request that was validly
 * signed must be answered, once, with its own header as parent, and nothing else may run.
 * @param onProgress called from time to time with the number of messages so far
 */
export async function fuzzWire(
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> {
  const random = new Random(seed);
  const ends: Record<string, number> = { answered: 0, ran: 0 };
  const faults: string[] = [];
  let messages = 0;
  let conversations = 0;
  const onStray = (error: unknown): void =>
    void faults.push(
      `a stray error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  const progress = (sent: number): void => {
    const before = messages;
    messages += sent;
    if (Math.floor(before / 50_000) !== Math.floor(messages / 50_000)) onProgress(messages);
  };
  const converse = async (target: Target, most: number): Promise<void> => {
    const own = random.below(2 ** 31);
    conversations += 1;
    const conversation = new Conversation(new Random(own), target);
    try {
      await conversation.hold(most, progress);
      faults.push(...conversation.faults().map((fault) => `conversation of seed ${own}: ${fault}`));
      ends['answered']! += conversation.answered;
      ends['ran']! += target.ran().size;
      await target.close();
    } catch (error) {
      onStray(error);
    }
  };
  try {
    const toKernel = Math.ceil(count / kernelShare);
    await converse(await startKernelTarget(), toKernel);
    while (messages < count && faults.length < mostFaults) {
      await converse(await startRouterTarget(), Math.min(perKernel, count - messages));
    }
  } finally {
    process.off('unhandledRejection', onStray);
    process.off('uncaughtException', onStray);
  }
  return { messages, conversations, ends, faults };
}

/** One kernel, from its start to its shutdown. */
class Conversation {
  readonly #random: Random;
  readonly #target: Target;
  readonly #peer: Peer;

  constructor(random: Random, target: Target) {
    this.#random = random;
    this.#target = target;
    this.#peer = new Peer(target.connection, random);
  }

  /** How many requests were answered as they should be. */
  get answered(): number {
    return this.#peer.answered;
  }

  /** Sends that many messages, and at last that it shall end; stops early where it hangs. */
  async hold(count: number, onSent: (messages: number) => void): Promise<void> {
    await this.#peer.welcomed();
    for (let left = count; left > 0 && this.#peer.faults.length < mostFaults;) {
      const batch = Math.min(left, perBatch);
      for (let sent = 0; sent < batch; sent += 1) {
        this.#sendOne();
        if (this.#random.chance(0.05)) await turn();
      }
      onSent(batch);
      if (!(await this.#peer.settle())) break;
      left -= batch;
    }
    this.#peer.faults.push(...this.#target.growth());
    this.#peer.ask('control', 'shutdown_request', { restart: false });
    // What else is asked then may find nobody any more.
    if (await this.#peer.allAnswered()) this.#peer.faults.push(...(await this.#target.ended()));
    await this.#peer.close();
  }

  /** What must not be. */
  faults(): string[] {
    return [...this.#peer.faults, ...this.#target.faults, ...this.#wronglyRan()];
  }

  #wronglyRan(): string[] {
    return [...this.#target.ran()].flatMap(([mark, times]) => [
      ...(times > 1 ? [`a cell ran ${times} times`] : []),
      ...(this.#peer.mayRun.has(mark) ? [] : ['a cell ran that was not validly signed']),
    ]);
  }

  #sendOne(): void {
    const random = this.#random;
    const peer = this.#peer;
    const known = { words: this.#target.words, subshells: peer.subshells, comms: this.#target.comms };
    const draft = validRequest(random, known);
    const channel = random.pick(channels);
    const kind = random.next();
    if (kind < 0.4) peer.request(channel, partsOf(draft), draft.buffers, random.chance(0.1) ? 3 : 0);
    else if (kind < 0.7) {
      mutate(random, draft, known);
      peer.request(channel, partsOf(draft), draft.buffers);
    } else if (kind < 0.78) peer.request(channel, oddParts(random, draft));
    else if (kind < 0.93) peer.raw(channel, spoiled(random, partsOf(draft), this.#target.connection.key));
    else if (kind < 0.99998) peer.replay();
    else peer.request(channel, oversized(draft));
  }
}
