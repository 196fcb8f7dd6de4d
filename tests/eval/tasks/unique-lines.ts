import { firstOf, saysNumbers, times, type Task } from '../task.ts';

const words = [
  'anchor',
  'basil',
  'cobalt',
  'dune',
  'ember',
  'fjord',
  'gravel',
  'harbor',
  'iris',
  'jade',
  'kelp',
  'lotus',
];

/** A file has to be written. */
export const uniqueLines: Task = {
  name: 'unique-lines',
  make(random) {
    const lines = times(50, () => random.pick(words));
    const unique = [...new Set(lines)].sort();
    return {
      files: { 'words.txt': `${lines.join('\n')}\n` },
      prompts: [
        'Write the different words of words.txt, sorted, one on a line, to unique.txt, and tell me how many there are.',
      ],
      check: (ran) =>
        firstOf(
          ran.file('unique.txt')?.trim() === unique.join('\n') ? undefined : 'unique.txt is not right',
          saysNumbers(ran, [unique.length], []),
        ),
      solution: [
        {
          code: `words = sorted(set(open("words.txt").read().split()))
open("unique.txt", "w").write("\\n".join(words) + "\\n")
print(len(words))`,
          answer: `There are ${unique.length}.`,
        },
      ],
    };
  },
};
