import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelPool, encodeFrame, type Line } from '../../../kernel/sandbox/channel.ts';
import { hello } from '../../../kernel/sandbox/worker-hello.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function lend(): { line: Line; say: (head: Record<string, unknown>) => void } {
  const stream = new PassThrough();
  const line = new ChannelPool([stream], 10_000).take(true);
  return { line, say: (head) => void stream.write(encodeFrame(head)) };
}
const never = new AbortController().signal;
const greeting = { kind: 'hello', version: 1, role: 'worker', pid: 7 };

describe('the first message of a process', () => {
  it('says who it is', async () => {
    const { line, say } = lend();
    const arrival = hello(line, 'worker', 1000, { gone: never });
    say({ ...greeting, threads: 2 });
    expect(await arrival).toEqual({ pid: 7, threads: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is waited for so long', async () => {
    const arrival = hello(lend().line, 'worker', 1000, { gone: never });
    const failed = expect(arrival).rejects.toThrow('did not answer');
    await vi.advanceTimersByTimeAsync(1000);
    await failed;
  });

  it('is not waited for when nothing runs that could say it', async () => {
    const gone = new AbortController();
    const arrivals = [gone.signal, AbortSignal.abort()].map((signal) =>
      hello(lend().line, 'worker', 1000, { gone: signal }),
    );
    const failed = arrivals.map((arrival) => expect(arrival).rejects.toThrow('it ended'));
    gone.abort();
    await Promise.all(failed);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [{ ...greeting, role: 'snapshot' }, 'hello'],
    [{ kind: 'reply', id: 'x' }, 'reply'],
    [{ kind: 'nonsense' }, 'not of the protocol'],
  ])('is not %j', async (head, said) => {
    const { line, say } = lend();
    const arrival = hello(line, 'worker', 1000, { gone: never });
    say(head);
    await expect(arrival).rejects.toThrow(said);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [{ kind: 'stuck', problem: 'no memory' }, 'no memory'],
    [{ kind: 'reply', id: 'x' }, 'it failed'],
    [{ kind: 'nonsense' }, 'it failed'],
  ])('does not come when its parent says %j', async (head, said) => {
    const parent = lend();
    const arrival = hello(lend().line, 'worker', 1000, { parent: parent.line, gone: never });
    parent.say(head);
    await expect(arrival).rejects.toThrow(said);
  });
});
