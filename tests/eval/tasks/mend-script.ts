import { cents, mean, times, type Task } from '../task.ts';

/** A program has to be read, run, mended and left in the workspace. */
export const mendScript: Task = {
  name: 'mend-script',
  make(random) {
    const numbers = times(15, () => random.below(500));
    const average = cents(mean(numbers));
    return {
      files: {
        'data.txt': `${numbers.join('\n')}\n`,
        'average.py': `def average(values):
    total = 0
    for value in values:
        total += value
    return total / len(value)

numbers = [int(line) for line in open("data.txt")]
print(round(average(numbers), 2))
`,
      },
      prompts: ['average.py fails. Correct the file so that it prints the mean of the numbers in data.txt.'],
      check: async (ran) => {
        const printed = await ran.python(
          'import subprocess, sys\nprint(subprocess.run([sys.executable, "average.py"], capture_output=True, text=True).stdout)',
        );
        return Math.abs(Number(printed.trim() || 'none') - average) < 0.01
          ? undefined
          : `average.py prints ${printed.trim() || 'nothing'}, not ${average}`;
      },
      solution: [
        {
          code: `text = open("average.py").read()
open("average.py", "w").write(text.replace("len(value)", "len(values)"))`,
          answer: 'It divided by the length of one value; now it divides by how many there are.',
        },
      ],
    };
  },
};
