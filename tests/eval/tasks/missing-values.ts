import { cents, csv, mean, saysNumbers, times, type Task } from '../task.ts';

/** Empty and wrong values have to be told from numbers. */
export const missingValues: Task = {
  name: 'missing-values',
  make(random) {
    const values = times(40, () =>
      random.chance(0.15) ? '' : random.chance(0.1) ? 'n/a' : cents(1 + random.next() * 9),
    );
    values[3] = 'n/a';
    const numbers = values.filter((value) => typeof value === 'number');
    const missing = values.length - numbers.length;
    return {
      files: {
        'samples.csv': csv(
          'sample,ph',
          values.map((value, i) => [`S${i + 1}`, value]),
        ),
      },
      prompts: [
        'Some pH values in samples.csv are empty or n/a. How many are missing, and what is the mean of the others, to two decimals?',
      ],
      check: (ran) => saysNumbers(ran, [missing, cents(mean(numbers))]),
      solution: [
        {
          code: `import pandas as pd
s = pd.read_csv("samples.csv")["ph"]
print(s.isna().sum(), round(s.mean(), 2))`,
          answer: `${missing} are missing; the mean is ${cents(mean(numbers))}.`,
        },
      ],
    };
  },
};
