import { csv, firstOf, saysName, saysNumbers, times, type Task } from '../task.ts';

/** The second prompt speaks of what the first one made. */
export const followUp: Task = {
  name: 'follow-up',
  make(random) {
    const names = ['Aster', 'Birch', 'Cedar', 'Daisy', 'Elm'];
    const heights = names.map((name, i) => [name, 50 + i * 40 + random.below(30)] as const);
    const rows = times(5, (i) => heights[(i * 3 + 1) % 5] ?? (['', 0] as const));
    const second = heights[3] ?? (['', 0] as const);
    return {
      files: { 'plants.csv': csv('plant,height_cm', rows) },
      prompts: [
        'Load plants.csv and show it sorted by height.',
        'Which plant is the second tallest, and how tall is it?',
      ],
      check: (ran) => firstOf(saysName(ran, second[0], names), saysNumbers(ran, [second[1]])),
      solution: [
        {
          code: `import pandas as pd
plants = pd.read_csv("plants.csv").sort_values("height_cm")
print(plants)`,
          answer: 'They are sorted.',
        },
        { code: 'print(plants.iloc[-2])', answer: `The ${second[0]}, with ${second[1]} cm.` },
      ],
    };
  },
};
