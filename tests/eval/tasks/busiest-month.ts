import { csv, firstOf, largest, saysName, saysNumbers, times, totals, type Task } from '../task.ts';

const months = ['January', 'February', 'March', 'April', 'May', 'June'];

/** Dates have to be parsed, and grouped. */
export const busiestMonth: Task = {
  name: 'busiest-month',
  make(random) {
    const rows = times(60, () => {
      const month = random.below(6);
      return { month, day: 1 + random.below(28), visitors: 10 + random.below(90) };
    });
    const by = totals(rows.map(({ month, visitors }) => [months[month] ?? '', visitors]));
    const top = largest(by);
    const two = (number: number): string => String(number).padStart(2, '0');
    return {
      files: {
        'visits.csv': csv(
          'date,visitors',
          rows.map(({ month, day, visitors }) => [`${two(day)}.${two(month + 1)}.2025`, visitors]),
        ),
      },
      prompts: [
        'The dates in visits.csv are day.month.year. In which month (by its English name) were the most visitors in total, and how many?',
      ],
      check: (ran) => firstOf(saysName(ran, top, months), saysNumbers(ran, [by.get(top) ?? 0])),
      solution: [
        {
          code: `import pandas as pd
v = pd.read_csv("visits.csv")
v["date"] = pd.to_datetime(v["date"], format="%d.%m.%Y")
print(v.groupby(v["date"].dt.month_name())["visitors"].sum().sort_values())`,
          answer: `In ${top}: ${by.get(top) ?? 0}.`,
        },
      ],
    };
  },
};
