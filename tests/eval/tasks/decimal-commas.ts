import { cents, saysNumbers, sum, times, type Task } from '../task.ts';

/** Numbers are written in another country's way. */
export const decimalCommas: Task = {
  name: 'decimal-commas',
  make(random) {
    const amounts = times(20, () => cents(100 + random.next() * 4000));
    const written = (amount: number): string =>
      new Intl.NumberFormat('de-DE', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(amount);
    const total = cents(sum(amounts));
    return {
      files: {
        'rechnungen.csv': `nummer;betrag\n${amounts.map((amount, i) => `R${i + 1};${written(amount)}`).join('\n')}\n`,
      },
      prompts: [
        'rechnungen.csv is separated by semicolons, and its amounts are written the German way (1.234,50). What is the sum of betrag?',
      ],
      check: (ran) => saysNumbers(ran, [total]),
      solution: [
        {
          code: `import pandas as pd
r = pd.read_csv("rechnungen.csv", sep=";", thousands=".", decimal=",")
print(round(r["betrag"].sum(), 2))`,
          answer: `The sum is ${total}.`,
        },
      ],
    };
  },
};
