import { saysNumbers, sum, times, type Task } from '../task.ts';

/** Folders below folders have to be walked. */
export const logSizes: Task = {
  name: 'log-sizes',
  make(random) {
    const places = ['a.log', 'old/b.log', 'old/2024/c.log', 'old/2024/d.txt', 'new/e.log', 'notes.txt'];
    const files = Object.fromEntries(
      places.map((name) => [name, `${times(10 + random.below(60), (i) => `line ${i}`).join('\n')}\n`]),
    );
    const logs = Object.entries(files).filter(([name]) => name.endsWith('.log'));
    const bytes = sum(logs.map(([, text]) => text.length));
    return {
      files,
      prompts: [
        'How many .log files are there here, in all folders, and how many bytes do they have together?',
      ],
      check: (ran) => saysNumbers(ran, [logs.length, bytes]),
      solution: [
        {
          code: `from pathlib import Path
sizes = [p.stat().st_size for p in Path(".").rglob("*.log")]
print(len(sizes), sum(sizes))`,
          answer: `${logs.length} files, ${bytes} bytes.`,
        },
      ],
    };
  },
};
