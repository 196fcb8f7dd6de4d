import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile } from '../figures.ts';
import { BenchedChannel } from './channel.ts';
import { middle, type Figures } from './requests.ts';
import type { BenchedServer } from './servers.ts';

export interface Crowd {
  readonly kernels: number;
  readonly sockets: number;
}

/** What ipykernel publishes for a cell with a result: busy, the code, the result, idle. */
const published = 4;
const lateMs = 30_000;

/** A trivial cell, and one that prints. */
export async function cells(server: BenchedServer): Promise<Figures> {
  const channel = await BenchedChannel.open(server, await server.startKernel());
  try {
    await channel.execute('1 + 1');
    const trivial = await middle(server, { name: 'trivial cell over a WebSocket', times: 200 }, () =>
      channel.execute('1 + 1'),
    );
    const wanted = Array.from({ length: 20_000 }, (_each, index) => `${index}\n`).join('');
    const printing = await middle(server, { name: '20,000 printed lines', times: 5 }, async () => {
      const { printed } = await channel.execute('for i in range(20_000): print(i)');
      if (printed !== wanted) throw new Error('Lines were lost.');
    });
    return { ...trivial, ...printing };
  } finally {
    channel.close();
  }
}

/**
 * Many kernels with some sockets each: trivial cells one after the other, in turns, and then one in each kernel at once. Each
 * socket must hear all of what its kernel publishes.
 * @throws Error where something is missing
 */
export async function crowded(server: BenchedServer, { kernels, sockets }: Crowd): Promise<Figures> {
  const groups: Group[] = [];
  for (let each = 0; each < kernels; each += 1) groups.push(await groupOf(server, sockets / kernels));
  const memory = server.memoryMb();
  const taken: number[] = [];
  for (let round = 0; round < Math.ceil(1000 / kernels); round += 1)
    for (const group of groups) taken.push(await group.execute());
  const together: number[] = [];
  for (let round = 0; round < 5; round += 1)
    together.push(...(await Promise.all(groups.map((group) => group.execute()))));
  for (const group of groups) await group.heardAll();
  for (const group of groups) group.close();
  const where = `${kernels} kernels, ${sockets} sockets`;
  return {
    [`${where}: memory, MB`]: memory,
    [`${where}: trivial cell, p50, ms`]: median(taken),
    [`${where}: trivial cell, p99, ms`]: quantile(taken, 0.99),
    [`${where}: a cell in each at once, p50, ms`]: median(together),
    [`${where}: a cell in each at once, p99, ms`]: quantile(together, 0.99),
  };
}

interface Group {
  execute(): Promise<number>;
  heardAll(): Promise<void>;
  close(): void;
}

/** A kernel and its sockets. */
async function groupOf(server: BenchedServer, sockets: number): Promise<Group> {
  const kernel = await server.startKernel();
  const channels: BenchedChannel[] = [];
  for (let each = 0; each < sockets; each += 1) channels.push(await BenchedChannel.open(server, kernel));
  const [asking] = channels;
  if (asking === undefined) throw new Error('There are fewer sockets than kernels.');
  await asking.execute('1 + 1');
  const counts = channels.map((channel) => channel.count());
  const asked: string[] = [];
  const missing = (): number =>
    counts.reduce((sum, count) => sum + asked.filter((id) => count.get(id) !== published).length, 0);
  return {
    execute: async () => {
      const id = randomUUID();
      asked.push(id);
      return (await asking.execute('1 + 1', id)).ms;
    },
    heardAll: async () => {
      const until = performance.now() + lateMs;
      while (missing() > 0 && performance.now() < until) await sleep(50);
      if (missing() > 0)
        throw new Error(`${missing()} of ${sockets * asked.length} cells were not heard whole.`);
    },
    close: () => {
      for (const channel of channels) channel.close();
    },
  };
}
