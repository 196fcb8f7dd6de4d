import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../../kernel/sandbox/queue.ts';

describe('a queue', () => {
  it('gives what it was given, in that order', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat())), (steps) => {
        const queue = new Queue<number>();
        const expected: number[] = [];
        for (const step of steps) {
          if (step === null) expect(queue.take()).toBe(expected.shift());
          else {
            queue.push(step);
            expected.push(step);
          }
          expect(queue.first).toBe(expected[0]);
        }
      }),
    );
  });
});
