import { saysNumbers, times, type Task } from '../task.ts';

const isPrime = (number: number): boolean =>
  number > 1 &&
  times(Math.floor(Math.sqrt(number)) - 1, (i) => i + 2).every((divisor) => number % divisor !== 0);

/** There is no file: what is asked has to be computed, not remembered. */
export const primes: Task = {
  name: 'primes',
  make(random) {
    const from = 2000 + random.below(3000);
    const to = from + 200;
    const found = times(to - from + 1, (i) => from + i).filter(isPrime);
    return {
      files: {},
      prompts: [`How many prime numbers are there from ${from} to ${to}, and which is the largest of them?`],
      check: (ran) => saysNumbers(ran, [found.length, found.at(-1) ?? 0]),
      solution: [
        {
          code: `found = [n for n in range(${from}, ${to} + 1) if all(n % d for d in range(2, int(n ** .5) + 1))]
print(len(found), found[-1])`,
          answer: `${found.length}; the largest is ${found.at(-1) ?? 0}.`,
        },
      ],
    };
  },
};
