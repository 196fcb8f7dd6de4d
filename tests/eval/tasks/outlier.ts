import { csv, firstOf, saysName, times, type Task } from '../task.ts';

/** A value has to be found that is odd for its own group only. */
export const outlier: Task = {
  name: 'outlier',
  make(random) {
    const names = ['kitchen', 'cellar', 'attic'];
    const base = { kitchen: 21, cellar: 9, attic: 30 };
    const odd = random.pick(names) as keyof typeof base;
    const at = random.below(12);
    const rows = names.flatMap((name) =>
      times(12, (i) => {
        const usual = base[name as keyof typeof base] + random.below(20) / 10;
        return [name, i, (name === odd && i === at ? usual + 6 : usual).toFixed(1)];
      }),
    );
    return {
      files: { 'sensors.csv': csv('room,hour,temperature', rows) },
      prompts: [
        'In sensors.csv, one temperature is far from the mean of its own room. Which room is it in? Name only that room.',
      ],
      check: (ran) => firstOf(saysName(ran, odd, names)),
      solution: [
        {
          code: `import pandas as pd
s = pd.read_csv("sensors.csv")
far = (s["temperature"] - s.groupby("room")["temperature"].transform("mean")).abs()
print(s.loc[far.idxmax()])`,
          answer: `The ${odd}.`,
        },
      ],
    };
  },
};
