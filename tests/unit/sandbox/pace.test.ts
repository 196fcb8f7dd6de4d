import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from '../../../kernel/sandbox/pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => vi.useRealTimers());

/** A channel on which each byte is a message. */
function channelAt(pace: Pace): { channel: PassThrough; came: () => string; stop: () => void } {
  const channel = new PassThrough();
  let text = '';
  const stop = pace.read(channel, (chunk) => {
    for (let count = chunk.length; count > 0; count -= 1) pace.count();
    text += chunk.toString();
  });
  return { channel, came: () => text, stop };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the pace of messages', () => {
  it('lets ten seconds’ worth come at once, then as many as the rate, and loses none', async () => {
    const pace = new Pace(10);
    const { channel, came } = channelAt(pace);
    channel.write('a'.repeat(100));
    await settled();
    expect(pace.hasSlowed).toBe(false);
    channel.write('b'.repeat(20));
    await settled();
    channel.write('c');
    await settled();
    expect([came().length, pace.isHolding]).toEqual([120, true]);
    vi.advanceTimersByTime(1_900);
    await settled();
    expect(came()).toHaveLength(120);
    vi.advanceTimersByTime(200);
    await settled();
    expect(came()).toBe(`${'a'.repeat(100)}${'b'.repeat(20)}c`);
    expect([pace.isHolding, pace.hasSlowed]).toEqual([false, true]);
  });

  it('says nothing of a moment', async () => {
    const pace = new Pace(1000);
    const { channel } = channelAt(pace);
    channel.write('a'.repeat(10_100));
    await settled();
    expect(pace.isHolding).toBe(true);
    vi.advanceTimersByTime(200);
    expect([pace.isHolding, pace.hasSlowed]).toEqual([false, false]);
  });

  it('is one for all channels; after a rest there is a burst again', async () => {
    const pace = new Pace(10);
    const [first, second] = [channelAt(pace), channelAt(pace)];
    first.channel.write('a'.repeat(90));
    second.channel.write('b'.repeat(20));
    await settled();
    expect(pace.isHolding).toBe(true);
    vi.advanceTimersByTime(60_000);
    pace.begin();
    expect(pace.hasSlowed).toBe(false);
    second.channel.write('c'.repeat(90));
    await settled();
    expect([second.came().length, pace.isHolding, pace.hasSlowed]).toEqual([110, false, false]);
  });

  it('lets code begin that an earlier run has left nothing for, and says nothing of it until it has sent too much itself', async () => {
    const pace = new Pace(10);
    const { channel, came } = channelAt(pace);
    channel.write('a'.repeat(300));
    await settled();
    channel.write('b');
    await settled();
    expect([came().length, pace.isHolding]).toEqual([300, true]);
    pace.begin();
    await settled();
    channel.write('c'.repeat(90));
    await settled();
    expect([came().length, pace.isHolding, pace.hasSlowed]).toEqual([391, false, false]);
    channel.write('d'.repeat(100));
    await settled();
    expect([came().length, pace.isHolding]).toEqual([491, true]);
    vi.advanceTimersByTime(10_000);
    expect(pace.hasSlowed).toBe(true);
  });

  it('holds nothing back while code is to end, until it has, and counts none of it', async () => {
    const pace = new Pace(10);
    const { channel, came } = channelAt(pace);
    channel.write('a'.repeat(200));
    await settled();
    channel.write('b'.repeat(200));
    await settled();
    expect(came()).toHaveLength(200);
    pace.lift();
    await settled();
    channel.write('c'.repeat(200));
    await settled();
    expect([came().length, pace.isHolding]).toEqual([600, false]);
    pace.end();
    channel.write('d');
    await settled();
    expect(pace.isHolding).toBe(true);
    vi.advanceTimersByTime(11_000);
    expect(pace.isHolding).toBe(false);
  });

  it('leaves a channel that is no longer read as it is', async () => {
    const pace = new Pace(10);
    const { channel, came, stop } = channelAt(pace);
    channel.write('a'.repeat(200));
    await settled();
    stop();
    channel.write('b');
    vi.advanceTimersByTime(60_000);
    await settled();
    expect([came().length, channel.isPaused()]).toEqual([200, true]);
  });
});

describe('what a process had sent before it ended', () => {
  it('is read to its end, however late the host comes to it', async () => {
    vi.useRealTimers();
    const pace = new Pace(1_000_000);
    let left = 200;
    const channel = new Readable({
      highWaterMark: 1,
      read: () => setImmediate(() => channel.push(left-- > 0 ? 'x' : undefined)),
    });
    const stop = pace.read(channel, () => {
      const until = performance.now() + 1;
      while (performance.now() < until);
    });
    await pace.quiet(0);
    expect(left).toBeLessThanOrEqual(0);
    stop();
  });

  it('is not waited for without end where something goes on sending', async () => {
    vi.useRealTimers();
    const pace = new Pace(1_000_000);
    const child = spawn('cat', ['/dev/zero'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const stop = pace.read(child.stdout, () => undefined);
    await pace.quiet(0);
    stop();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});
