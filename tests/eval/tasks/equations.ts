import { saysNumbers, type Task } from '../task.ts';

/** A text has to be turned into numbers, and those into a solution. */
export const equations: Task = {
  name: 'equations',
  make(random) {
    const x = 3 + random.below(40);
    const y = 45 + random.below(40);
    const [a, b, c, d] = [
      2 + random.below(5),
      7 + random.below(5),
      13 + random.below(5),
      3 + random.below(3),
    ];
    return {
      files: { 'equations.txt': `${a}*x + ${b}*y = ${a * x + b * y}\n${c}*x - ${d}*y = ${c * x - d * y}\n` },
      prompts: ['Solve the two equations in equations.txt: what are x and y?'],
      check: (ran) => saysNumbers(ran, [x, y]),
      solution: [
        {
          code: `import numpy as np
print(np.linalg.solve([[${a}, ${b}], [${c}, -${d}]], [${a * x + b * y}, ${c * x - d * y}]).round(6))`,
          answer: `x = ${x}, y = ${y}.`,
        },
      ],
    };
  },
};
