import { csv, saysName, times, type Task } from '../task.ts';

/** Several columns have to be compared. */
export const correlation: Task = {
  name: 'correlation',
  make(random) {
    const names = ['rain', 'wind', 'sun'];
    const top = random.pick(names);
    const rows = times(40, () => {
      const [rain, wind, sun] = [random.below(100), random.below(100), random.below(100)];
      const strong = { rain, wind, sun }[top as 'rain' | 'wind' | 'sun'];
      return [rain, wind, sun, Math.round(strong * 2 + random.below(40))];
    });
    return {
      files: { 'weather.csv': csv('rain,wind,sun,harvest', rows) },
      prompts: [
        'Which column of weather.csv, rain, wind or sun, is most strongly correlated with harvest? Name only that one.',
      ],
      check: (ran) => saysName(ran, top, names),
      solution: [
        {
          code: `import pandas as pd
print(pd.read_csv("weather.csv").corr()["harvest"].drop("harvest").abs().sort_values())`,
          answer: `It is ${top}.`,
        },
      ],
    };
  },
};
