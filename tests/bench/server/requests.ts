import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../figures.ts';
import { BenchedConnection } from './connection.ts';
import { largeNotebook } from './notebook.ts';
import type { BenchedServer } from './servers.ts';

export type Figures = Record<string, number>;

const connections = 8;
const mib = 2 ** 20;

/** Requests a second over connections that stay, and the processor time of the server that each takes. */
export async function rate(server: BenchedServer, path: string, count: number): Promise<Figures> {
  const open = await Promise.all(
    Array.from({ length: connections }, () => BenchedConnection.open(server.origin)),
  );
  const ask = (times: number): Promise<unknown> =>
    Promise.all(
      open.map(async (connection) => {
        for (let done = 0; done < times; done += 1) await connection.ask('GET', path);
      }),
    );
  await ask(300);
  const [begin, before] = [performance.now(), server.processorMs()];
  await ask(count / connections);
  const [ms, used] = [performance.now() - begin, server.processorMs() - before];
  for (const connection of open) connection.close();
  return { [`GET ${path}, requests/s`]: (count / ms) * 1000, [`GET ${path}, processor ms`]: used / count };
}

/** A listing, and a large notebook that is saved and loaded. */
export async function files(server: BenchedServer): Promise<Figures> {
  const connection = await BenchedConnection.open(server.origin);
  const one = (name: string, times: number, action: () => Promise<unknown>): Promise<Figures> =>
    middle(server, { name, times }, action);
  try {
    for (let index = 0; index < 1000; index += 1)
      writeFileSync(join(server.workspace, `file-${index}.txt`), 'x');
    const path = 'large.ipynb';
    const saved = { path, type: 'notebook', format: 'json', content: largeNotebook() };
    const body = Buffer.from(JSON.stringify(saved));
    const size = Math.round(body.length / mib);
    return {
      ...(await one('list 1,000 files', 10, () => connection.ask('GET', '/api/contents?content=1'))),
      ...(await one(`save a notebook of ${size} MB`, 5, () =>
        connection.ask('PUT', `/api/contents/${path}`, body),
      )),
      ...(await one('load it', 5, () => connection.ask('GET', `/api/contents/${path}?content=1&hash=1`))),
    };
  } finally {
    connection.close();
  }
}

/** Of some times after a first one the median, and the server's processor time. */
export async function middle(
  server: BenchedServer,
  { name, times }: { readonly name: string; readonly times: number },
  action: () => Promise<unknown>,
): Promise<Figures> {
  const taken: number[] = [];
  await action();
  const before = server.processorMs();
  for (let done = 0; done < times; done += 1) {
    const begin = performance.now();
    await action();
    taken.push(performance.now() - begin);
  }
  const used = server.processorMs() - before;
  return { [`${name}, ms`]: median(taken), [`${name}, processor ms`]: used / times };
}
