import { cents, mean, saysNumbers, times, type Task } from '../task.ts';

/** Values have to be brought to one unit before they are averaged. */
export const mixedUnits: Task = {
  name: 'mixed-units',
  make(random) {
    const readings = times(24, () => {
      const celsius = random.below(35);
      return random.chance(0.4)
        ? { celsius, text: `${(celsius * 9) / 5 + 32}F` }
        : { celsius, text: `${celsius}C` };
    });
    const average = cents(mean(readings.map(({ celsius }) => celsius)));
    return {
      files: { 'temperatures.txt': `${readings.map(({ text }) => text).join('\n')}\n` },
      prompts: [
        'temperatures.txt has a temperature on each line, some in Celsius (like 20C), some in Fahrenheit (like 68F). What is the mean in Celsius, to two decimals?',
      ],
      check: (ran) => saysNumbers(ran, [average]),
      solution: [
        {
          code: `values = []
for line in open("temperatures.txt").read().split():
    number = float(line[:-1])
    values.append(number if line[-1] == "C" else (number - 32) * 5 / 9)
print(round(sum(values) / len(values), 2))`,
          answer: `The mean is ${average} °C.`,
        },
      ],
    };
  },
};
