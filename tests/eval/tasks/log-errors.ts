import { firstOf, largest, saysName, saysNumbers, times, totals, type Task } from '../task.ts';

const modules = ['auth', 'billing', 'search', 'mailer'];

/** Lines of a log have to be taken apart. */
export const logErrors: Task = {
  name: 'log-errors',
  make(random) {
    const favourite = random.pick(modules);
    const lines = times(120, (i) => ({
      time: `2026-03-0${1 + (i % 9)}T10:${String(i % 60).padStart(2, '0')}:00`,
      level: random.pick(['INFO', 'INFO', 'WARN', 'ERROR']),
      module: random.chance(0.3) ? favourite : random.pick(modules),
    }));
    const errors = totals(lines.filter(({ level }) => level === 'ERROR').map(({ module }) => [module, 1]));
    // One more where two have as many.
    const top = largest(errors);
    const extra = { time: '2026-03-09T11:00:00', level: 'ERROR', module: top };
    const count = (errors.get(top) ?? 0) + 1;
    const text = [...lines, extra]
      .map(({ time, level, module }) => `${time} ${level} [${module}] request took ${30 + module.length} ms`)
      .join('\n');
    return {
      files: { 'logs/server.log': `${text}\n` },
      prompts: ['Which module has the most ERROR lines in logs/server.log, and how many are they?'],
      check: (ran) => firstOf(saysName(ran, top, modules), saysNumbers(ran, [count])),
      solution: [
        {
          code: `import collections, re
lines = open("logs/server.log").read().splitlines()
found = collections.Counter(re.search(r"\\[(\\w+)\\]", l)[1] for l in lines if " ERROR " in l)
print(found.most_common())`,
          answer: `${top}, with ${count} lines.`,
        },
      ],
    };
  },
};
