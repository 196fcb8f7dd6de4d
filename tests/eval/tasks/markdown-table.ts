import { cents, saysNumbers, sum, type Task } from '../task.ts';

const things = ['lamp', 'chair', 'desk', 'shelf', 'rug', 'sofa'];

/** A table stands in the middle of prose. */
export const markdownTable: Task = {
  name: 'markdown-table',
  make(random) {
    const rows = things.map((thing) => ({
      thing,
      count: 1 + random.below(9),
      price: cents(5 + random.next() * 90),
    }));
    const total = cents(sum(rows.map(({ count, price }) => count * price)));
    const table = rows.map(({ thing, count, price }) => `| ${thing} | ${count} | ${price.toFixed(2)} |`);
    return {
      files: {
        'order.md': `# Order 4711\n\nDeliver by 12 May to 30 Long Lane.\n\n| item | count | price |\n| --- | --- | --- |\n${table.join('\n')}\n\nThank you!\n`,
      },
      prompts: ['What does the whole order in order.md cost (count times price, all items)?'],
      check: (ran) => saysNumbers(ran, [total]),
      solution: [
        {
          code: `rows = [l.split("|")[1:-1] for l in open("order.md") if l.startswith("|")][2:]
print(round(sum(int(c) * float(p) for _, c, p in rows), 2))`,
          answer: `It costs ${total}.`,
        },
      ],
    };
  },
};
