import { csv, firstOf, largest, saysName, saysNumbers, times, totals, cents, type Task } from '../task.ts';

const countries = ['Norway', 'Peru', 'Kenya', 'Japan'];

/** Two tables have to be joined before the question can be answered. */
export const joinTables: Task = {
  name: 'join-tables',
  make(random) {
    const customers = times(12, (i) => ({ id: 101 + i, country: countries[i % 4] ?? '' }));
    const orders = times(40, (i) => ({
      order: i + 1,
      customer: random.pick(customers),
      amount: cents(5 + random.next() * 200),
    }));
    const by = totals(orders.map(({ customer, amount }) => [customer.country, amount]));
    const top = largest(by);
    return {
      files: {
        'customers.csv': csv(
          'customer_id,country',
          customers.map(({ id, country }) => [id, country]),
        ),
        'orders.csv': csv(
          'order_id,customer_id,amount',
          orders.map(({ order, customer, amount }) => [order, customer.id, amount]),
        ),
      },
      prompts: [
        'Which country do the customers with the largest total order amount come from, and how much is that total?',
      ],
      check: (ran) => firstOf(saysName(ran, top, countries), saysNumbers(ran, [cents(by.get(top) ?? 0)])),
      solution: [
        {
          code: `import pandas as pd
both = pd.read_csv("orders.csv").merge(pd.read_csv("customers.csv"), on="customer_id")
print(both.groupby("country")["amount"].sum().round(2).sort_values())`,
          answer: `${top}: ${cents(by.get(top) ?? 0)}.`,
        },
      ],
    };
  },
};
