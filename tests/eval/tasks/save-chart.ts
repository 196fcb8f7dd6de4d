import { csv, firstOf, saysNumbers, times, type Task } from '../task.ts';

/** A picture has to be saved beside an answer. */
export const saveChart: Task = {
  name: 'save-chart',
  make(random) {
    const rows = times(12, (i) => [i + 1, 100 + random.below(900)] as const);
    const best = Math.max(...rows.map(([, units]) => units));
    return {
      files: { 'units.csv': csv('month,units', rows) },
      prompts: [
        'Draw the units of each month in units.csv as a line chart, save it as chart.png, and tell me the largest value.',
      ],
      check: (ran) =>
        firstOf(
          ran.file('chart.png')?.slice(1, 4) === 'PNG'
            ? undefined
            : 'there is no chart.png that is a picture',
          saysNumbers(ran, [best]),
        ),
      solution: [
        {
          code: `import pandas as pd
import matplotlib.pyplot as plt
u = pd.read_csv("units.csv")
u.plot("month", "units")
plt.savefig("chart.png")
print(u["units"].max())`,
          answer: `The largest value is ${best}.`,
        },
      ],
    };
  },
};
