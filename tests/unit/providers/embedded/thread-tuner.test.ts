import { expect, test } from 'vitest';
import { ThreadTuner } from '../../../../kernel/providers/embedded/thread-tuner.ts';

/** Lets the tuner work on a machine that takes `msOf(threads)` a step; returns the time and where it ended. */
function work(tuner: ThreadTuner, steps: number, msOf: (threads: number) => number): Record<number, number> {
  const used: Record<number, number> = {};
  for (let step = 0; step < steps; step += 1) {
    const { threads } = tuner;
    used[threads] = (used[threads] ?? 0) + 1;
    tuner.record(msOf(threads));
  }
  return used;
}

const idle = (threads: number): number => 100 / threads;
const busy = (threads: number): number => (threads === 1 ? 100 : 2000);

test('an idle machine: all cores, from either start', () => {
  for (const start of [true, false]) {
    const tuner = new ThreadTuner(2, start);
    work(tuner, 200, idle);
    expect(work(tuner, 200, idle)[2]).toBeGreaterThan(185);
  }
});

test('busy cores: one thread, from either start', () => {
  for (const start of [true, false]) {
    const tuner = new ThreadTuner(2, start);
    const first = work(tuner, 200, busy);
    expect(first[2]).toBeLessThan(15);
    expect(work(tuner, 200, busy)[2]).toBeLessThan(5);
  }
});

test('a machine that becomes busy is noticed at once', () => {
  const tuner = new ThreadTuner(2, false);
  work(tuner, 300, idle);
  expect(work(tuner, 20, busy)[2] ?? 0).toBeLessThan(5);
});

test('a machine that becomes idle again is noticed in the end', () => {
  const tuner = new ThreadTuner(2, true);
  work(tuner, 300, busy);
  work(tuner, 300, idle);
  expect(tuner.threads).toBe(2);
});

test('more cores: it climbs to the best number', () => {
  const tuner = new ThreadTuner(6, true);
  const best4 = (threads: number): number => (threads === 6 ? 60 : 100 / threads);
  work(tuner, 600, best4);
  const used = work(tuner, 200, best4);
  expect(used[4]).toBeGreaterThan(180);
});

test('one core: one thread, whatever happens', () => {
  expect(work(new ThreadTuner(1, false), 100, (n) => n * Math.PI)).toEqual({ 1: 100 });
});
