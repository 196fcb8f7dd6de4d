import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Asides } from '../../../kernel/sandbox/asides.ts';
import { ChannelPool, encodeFrame } from '../../../kernel/sandbox/channel.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const question = { kind: 'names', path: [], prefix: '' };
const parentPid = 5;

interface Order {
  readonly channel: number;
  readonly nonce: string;
  readonly question: { readonly id: string };
}

/** What the snapshot is told, and the copy says; two channels for copies. */
class Ground {
  readonly killed: number[] = [];
  readonly #streams = [new PassThrough(), new PassThrough()];
  readonly #pool = new ChannelPool(this.#streams, 10_000);
  readonly orders: Order[] = [];
  readonly asides = new Asides(2, {
    take: () => this.#pool.take(),
    kill: (pid) => void this.killed.push(pid),
  });

  ask(): Promise<unknown> {
    const line = {
      index: 0,
      nonce: '',
      send: (head: object) => void this.orders.push(head as Order),
      listen: () => undefined,
      release: () => undefined,
    };
    return this.asides.ask({ line, pid: parentPid }, question);
  }

  /** The copy of the newest order says this. */
  say(...heads: readonly Record<string, unknown>[]): void {
    const order = this.orders.at(-1)!;
    const stream = this.#streams[order.channel]!;
    stream.write(Buffer.concat([Buffer.from(order.nonce), ...heads.map((head) => encodeFrame(head))]));
  }

  get id(): string {
    return this.orders.at(-1)!.question.id;
  }

  /** How many channels can be had. */
  free(): number {
    const lines = [];
    try {
      for (;;) lines.push(this.#pool.take());
    } catch {
      for (const line of lines) line.release();
      return lines.length;
    }
  }
}
const hello = { kind: 'hello', version: 1, role: 'aside', pid: 7 };
const reply = (id: string): Record<string, unknown> => ({ kind: 'reply', id, names: [] });
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(250);

describe('a copy that answers a question', () => {
  it('has its channel until it has ended, whenever that is told', async () => {
    for (const endsFirst of [true, false]) {
      const ground = new Ground();
      const answer = ground.ask();
      if (endsFirst) ground.asides.ended(7);
      ground.say(hello, reply(ground.id));
      expect(await answer).toMatchObject({ names: [] });
      if (!endsFirst) {
        expect(ground.free()).toBe(1);
        ground.asides.ended(7);
      }
      expect(ground.free()).toBe(2);
      expect(ground.killed).toEqual([]);
    }
  });

  it('is ended when it is late, and what it says then is not heard', async () => {
    const ground = new Ground();
    const answer = ground.ask();
    await settled();
    expect(await answer).toBeUndefined();
    ground.say(hello, reply(ground.id));
    await vi.waitFor(() => expect(ground.killed).toContain(7), 20_000);
    ground.asides.ended(7);
    expect(ground.free()).toBe(2);
  });

  it.each<[string, (id: string) => Record<string, unknown>[]]>([
    ['answers before it says who it is', (id) => [reply(id)]],
    ['answers another question', () => [hello, reply('another')]],
    ['says twice who it is', () => [hello, hello]],
    ['says that it is the session', () => [{ ...hello, role: 'worker' }]],
    ['shows something', (id) => [hello, { kind: 'done', id, order: 1, error: null, userExpressions: {} }]],
    ['says what is not of the protocol', () => [hello, { kind: 'nonsense' }]],
    ['has met a problem', (id) => [hello, { kind: 'reply', id, problem: 'no' }]],
  ])('is not heard when it %s', async (_what, heads) => {
    const ground = new Ground();
    const answer = ground.ask();
    ground.say(...heads(ground.id));
    expect(await answer).toBeUndefined();
  });

  it('is not waited for where the snapshot can’t fork', async () => {
    const ground = new Ground();
    const answer = ground.ask();
    ground.say({ kind: 'stuck', problem: 'no memory' });
    expect(await answer).toBeUndefined();
    expect(ground.free()).toBe(2);
  });

  it('is one of two at most, until their snapshot has ended', async () => {
    const ground = new Ground();
    const answers = [ground.ask(), ground.ask(), ground.ask()];
    expect(ground.orders).toHaveLength(2);
    await settled();
    expect(await Promise.all(answers)).toEqual([undefined, undefined, undefined]);
    expect(ground.free()).toBe(0);
    ground.asides.ended(parentPid);
    await vi.advanceTimersByTimeAsync(2000);
    expect(ground.free()).toBe(2);
  });
});
