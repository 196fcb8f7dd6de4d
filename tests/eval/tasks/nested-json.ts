import { firstOf, largest, mean, cents, saysName, saysNumbers, times, type Task } from '../task.ts';

const names = ['Research', 'Sales', 'Support'];

/** A nested file has to be understood first. */
export const nestedJson: Task = {
  name: 'nested-json',
  make(random) {
    const order = [...names].sort(() => random.next() - 0.5);
    const departments = order.map((name, i) => ({
      name,
      staff: times(3 + 2 * i + random.below(2), (j) => ({
        id: `${name[0] ?? ''}${j}`,
        pay: { currency: 'EUR', monthly: 2000 + random.below(3000) },
      })),
    }));
    const top = largest(new Map(departments.map(({ name, staff }) => [name, staff.length])));
    const pays = departments.find(({ name }) => name === top)?.staff.map(({ pay }) => pay.monthly) ?? [];
    const average = cents(mean(pays));
    return {
      files: { 'company.json': JSON.stringify({ company: { founded: 1987, departments } }, undefined, 1) },
      prompts: [
        'In company.json, which department has the most staff, and what is the average monthly pay there?',
      ],
      check: (ran) => firstOf(saysName(ran, top, names), saysNumbers(ran, [average])),
      solution: [
        {
          code: `import json
for d in json.load(open("company.json"))["company"]["departments"]:
    pays = [s["pay"]["monthly"] for s in d["staff"]]
    print(d["name"], len(pays), round(sum(pays) / len(pays), 2))`,
          answer: `${top}, ${average} EUR.`,
        },
      ],
    };
  },
};
