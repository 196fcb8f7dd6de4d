import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Clock, settledWithin } from '../../../kernel/sandbox/worker-time.ts';
import { Turns } from '../../../kernel/turns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the clock of a helper', () => {
  it('stops it when its time is up', async () => {
    const clock = new Clock(new AbortController().signal);
    clock.limit(1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(clock.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(await clock.stopped).toBe('timeout');
  });

  it('stops it when it is aborted, and keeps the first reason', async () => {
    const controller = new AbortController();
    const clock = new Clock(controller.signal);
    clock.limit(1000);
    controller.abort();
    await vi.advanceTimersByTimeAsync(2000);
    expect(await clock.stopped).toBe('interrupted');
    expect(clock.reason).toBe('interrupted');
  });

  it('stops at once what was aborted before', async () => {
    expect(await new Clock(AbortSignal.abort()).stopped).toBe('interrupted');
  });

  it('stands still while it is paused', async () => {
    const clock = new Clock(new AbortController().signal);
    clock.limit(1000);
    await vi.advanceTimersByTimeAsync(600);
    clock.pause();
    await vi.advanceTimersByTimeAsync(60_000);
    clock.go();
    await vi.advanceTimersByTimeAsync(399);
    expect(clock.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    expect(clock.reason).toBe('timeout');
  });

  it('leaves nothing behind', () => {
    const controller = new AbortController();
    const clock = new Clock(controller.signal);
    clock.limit(2 ** 40);
    clock.stop();
    controller.abort();
    expect(clock.reason).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('turns', () => {
  it('come one at a time, in order', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const take = async (name: string): Promise<void> => {
      const done = await turns.enter();
      seen.push(`${name} in`);
      await Promise.resolve();
      seen.push(`${name} out`);
      done();
    };
    await Promise.all([take('a'), take('b'), take('c')]);
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('can be left by who waits, without harm to those behind', async () => {
    const turns = new Turns();
    const done = await turns.enter();
    const left = turns.enter(Promise.resolve());
    const behind = turns.enter();
    expect(await left).toBeUndefined();
    done();
    expect(await behind).toBeTypeOf('function');
  });
});

it('a promise is awaited for so long', async () => {
  const never = settledWithin(new Promise(() => undefined), 50);
  await vi.advanceTimersByTimeAsync(50);
  expect(await never).toBeUndefined();
  expect(await settledWithin(Promise.resolve(3), 50)).toBe(3);
  await expect(settledWithin(Promise.reject(new Error('no')), 50)).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
