import { loadavg } from 'node:os';
import { option } from '../support/options.ts';
import { median } from './figures.ts';
import { cells, crowded, type Crowd } from './server/kernels.ts';
import { files, rate, type Figures } from './server/requests.ts';
import { BenchedServer, kinds, prepareServers, type Kind } from './server/servers.ts';

/**
 * Replique's server beside jupyter_server and jupyverse, in turns, on the same machine and with the same ipykernel. Prints medians,
 * and for each of the others the median of the ratios, run by run; of requests a second more is better. `--kernels 0` leaves the crowd
 * out.
 */
export async function benchServer(args: readonly string[]): Promise<void> {
  const runs = Number(option(args, 'runs') ?? 3);
  const crowd = {
    kernels: Number(option(args, 'kernels') ?? 50),
    sockets: Number(option(args, 'sockets') ?? 500),
  };
  await prepareServers();
  const rows: Record<Kind, Figures[]> = { replique: [], jupyter_server: [], jupyverse: [] };
  const before = load();
  for (let run = 0; run < runs; run += 1) {
    const turned = [...kinds.slice(run % kinds.length), ...kinds.slice(0, run % kinds.length)];
    for (const kind of turned) rows[kind].push(await measure(kind, run === 0 ? crowd : undefined));
  }
  console.log(`median of ${runs} runs, load ${before} before and ${load()} after`);
  const heads = ['Replique', 'j_server', 'jupyverse', '/ j_server', '', '/ jupyverse', ''];
  console.log(line('', heads));
  for (const name of new Set(rows.replique.flatMap(Object.keys)))
    console.log(line(name, columns(rows, name)));
}

function columns(rows: Readonly<Record<Kind, readonly Figures[]>>, name: string): readonly string[] {
  const of = (kind: Kind): readonly number[] => rows[kind].map((figures) => figures[name] ?? NaN);
  const known = (values: readonly number[]): readonly number[] =>
    values.filter((value) => !Number.isNaN(value));
  const ratios = (kind: Kind): readonly string[] => {
    const found = known(of('replique').map((value, run) => value / (of(kind)[run] ?? NaN)));
    if (found.length === 0) return ['', ''];
    return [
      median(found).toFixed(2),
      `(${Math.min(...found).toFixed(2)} – ${Math.max(...found).toFixed(2)})`,
    ];
  };
  const medians = kinds.map((kind) => median(known(of(kind))).toFixed(2));
  return [...medians, ...ratios('jupyter_server'), ...ratios('jupyverse')];
}

const line = (name: string, cells: readonly string[]): string =>
  name.padEnd(62) + cells.map((cell) => cell.padStart(14)).join('');

const load = (): string => (loadavg()[0] ?? 0).toFixed(1);

async function measure(kind: Kind, crowd: Crowd | undefined): Promise<Figures> {
  const server = await BenchedServer.start(kind);
  try {
    const figures: Figures = { 'memory, idle, MB': server.memoryMb() };
    Object.assign(figures, await rate(server, '/api/status', 4000));
    Object.assign(figures, await rate(server, '/api/kernelspecs', 2000));
    Object.assign(figures, await files(server), await cells(server));
    if (crowd && crowd.kernels > 0) Object.assign(figures, await crowdedOf(kind, server, crowd));
    return figures;
  } finally {
    await server.close();
  }
}

/** What another server can't do has no figures. */
async function crowdedOf(kind: Kind, server: BenchedServer, crowd: Crowd): Promise<Figures> {
  try {
    return await crowded(server, crowd);
  } catch (error) {
    if (kind === 'replique') throw error;
    console.log(`${kind}, ${crowd.kernels} kernels, ${crowd.sockets} sockets: ${(error as Error).message}`);
    return {};
  }
}
