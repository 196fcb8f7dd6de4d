import { firstOf, largest, saysName, saysNumbers, times, type Task } from '../task.ts';

const filler = ['the', 'ship', 'sailed', 'north', 'under', 'grey', 'clouds', 'and', 'found', 'ice'];

/** Many files have to be searched. */
export const wordInFiles: Task = {
  name: 'word-in-files',
  make(random) {
    const names = ['alpha', 'bravo', 'charlie', 'delta', 'echo'];
    const counts = new Map(names.map((name, i) => [name, 2 + ((i * 3 + random.below(2)) % 13)]));
    const top = largest(counts);
    counts.set(top, (counts.get(top) ?? 0) + 3);
    const files = Object.fromEntries(
      names.map((name) => {
        const words = times(80, () => random.pick(filler));
        for (let i = 0; i < (counts.get(name) ?? 0); i += 1)
          words.splice(random.below(words.length), 0, 'whale');
        return [`chapters/${name}.txt`, `${words.join(' ')}.\n`];
      }),
    );
    return {
      files,
      prompts: ['Which file in the folder chapters has the word whale the most often, and how often?'],
      check: (ran) => firstOf(saysName(ran, top, names), saysNumbers(ran, [counts.get(top) ?? 0])),
      solution: [
        {
          code: `from pathlib import Path
for p in sorted(Path("chapters").glob("*.txt")):
    print(p.name, p.read_text().replace(".", "").split().count("whale"))`,
          answer: `${top}.txt, ${counts.get(top) ?? 0} times.`,
        },
      ],
    };
  },
};
