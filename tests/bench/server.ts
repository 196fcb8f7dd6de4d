import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { option } from '../support/options.ts';
import { median } from './figures.ts';
import { BenchedChannel } from './server/channel.ts';
import { BenchedServer, type Kind } from './server/servers.ts';

type Figures = Record<string, number>;
const kinds: readonly Kind[] = ['replique', 'jupyter_server'];

/**
 * Replique's server beside jupyter_server, in turns, on the same machine and with the same ipykernel. Prints medians, and the median of
 * the ratios, pair by pair; of requests a second more is better.
 */
export async function benchServer(args: readonly string[]): Promise<void> {
  const runs = Number(option(args, 'runs') ?? 3);
  const crowd = {
    kernels: Number(option(args, 'kernels') ?? 50),
    sockets: Number(option(args, 'sockets') ?? 500),
  };
  const rows: Record<Kind, Figures[]> = { replique: [], jupyter_server: [] };
  const load = loadavg()[0] ?? 0;
  for (let run = 0; run < runs; run += 1) {
    for (const kind of run % 2 === 0 ? kinds : kinds.toReversed()) {
      rows[kind].push(await measure(kind, run === 0 ? crowd : undefined));
    }
  }
  console.log(
    `median of ${runs} pairs, load ${load.toFixed(1)} before and ${(loadavg()[0] ?? 0).toFixed(1)} after`,
  );
  for (const name of Object.keys(rows.replique[0] ?? {})) {
    const [ours, theirs] = kinds.map((kind) => rows[kind].flatMap((figures) => figures[name] ?? []));
    const ratios = ours!.map((value, index) => value / (theirs![index] ?? NaN));
    const shown = [median(ours!), median(theirs!), median(ratios)].map((value) =>
      value.toFixed(2).padStart(10),
    );
    console.log(
      `${name.padEnd(44)}${shown.join('')}   (${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)})`,
    );
  }
}

async function measure(
  kind: Kind,
  crowd: { readonly kernels: number; readonly sockets: number } | undefined,
): Promise<Figures> {
  const server = await BenchedServer.start(kind);
  try {
    const figures: Figures = { 'memory, idle, MB': server.memoryMb() };
    figures['GET /api/status, requests a second'] = await rate(server, '/api/status', 1000);
    figures['GET /api/kernelspecs, requests a second'] = await rate(server, '/api/kernelspecs', 200);
    Object.assign(figures, await files(server), await cells(server));
    if (crowd)
      figures[`memory, ${crowd.kernels} kernels, ${crowd.sockets} sockets, MB`] = await crowded(
        server,
        crowd,
      );
    return figures;
  } finally {
    await server.close();
  }
}

/** Over eight connections that stay. */
async function rate(server: BenchedServer, path: string, count: number): Promise<number> {
  const ask = async (times: number): Promise<void> => {
    for (let done = 0; done < times; done += 1) await (await server.ask(path)).arrayBuffer();
  };
  await ask(20);
  const begin = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => ask(count / 8)));
  return (count / (performance.now() - begin)) * 1000;
}

/** Milliseconds, the middle of some after a first one. */
async function middle(times: number, action: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let done = 0; done <= times; done += 1) {
    const begin = performance.now();
    await action();
    taken.push(performance.now() - begin);
  }
  return median(taken.slice(1));
}

async function files(server: BenchedServer): Promise<Figures> {
  for (let index = 0; index < 1000; index += 1)
    writeFileSync(join(server.workspace, `file-${index}.txt`), 'x');
  const listing = await middle(5, async () => (await server.ask('/api/contents')).arrayBuffer());
  const body = JSON.stringify({ type: 'notebook', format: 'json', content: largeNotebook() });
  const save = await middle(5, async () =>
    (await server.ask('/api/contents/large.ipynb', { method: 'PUT', body })).arrayBuffer(),
  );
  const load = await middle(5, async () =>
    (await server.ask('/api/contents/large.ipynb?content=1&hash=1')).arrayBuffer(),
  );
  return {
    'list 1,000 files, ms': listing,
    [`save a notebook of ${Math.round(body.length / 2 ** 20)} MB, ms`]: save,
    'load it, ms': load,
  };
}

/** Of images, tables and printed lines, a third each, as JupyterLab sends it after a run. */
function largeNotebook(): object {
  const lines = Array.from({ length: 800 }, (_each, index) => `line ${index} of what was printed`).join('\n');
  const table = `<table>\n${'<tr><td class="x">a cell</td></tr>\n'.repeat(560)}</table>`;
  const outputs = (index: number): readonly object[] => [
    { output_type: 'stream', name: 'stdout', text: lines },
    {
      output_type: 'display_data',
      metadata: {},
      data: { 'text/html': `${table}${index}`, 'text/plain': 'a table' },
    },
    {
      output_type: 'display_data',
      metadata: {},
      data: { 'image/png': Buffer.alloc(16_000, index).toString('base64') },
    },
  ];
  const cells = Array.from({ length: 320 }, (_each, index) => ({
    ...{ cell_type: 'code', id: `cell-${index}`, metadata: { trusted: true }, execution_count: index + 1 },
    ...{ source: `for i in range(${index}):\n    print(i)`, outputs: outputs(index) },
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

async function newKernel(server: BenchedServer): Promise<string> {
  const response = await server.ask('/api/kernels', {
    method: 'POST',
    body: JSON.stringify({ name: 'python3' }),
  });
  return ((await response.json()) as { readonly id: string }).id;
}

async function cells(server: BenchedServer): Promise<Figures> {
  const channel = await BenchedChannel.open(server, await newKernel(server));
  try {
    await channel.execute('1 + 1');
    const trivial = await middle(100, () => channel.execute('1 + 1'));
    const { ms, printed } = await channel.execute('for i in range(20_000): print(i)');
    const wanted = Array.from({ length: 20_000 }, (_each, index) => `${index}\n`).join('');
    if (printed !== wanted) throw new Error('Lines were lost.');
    return { 'trivial cell over a WebSocket, ms': trivial, '20,000 printed lines, ms': ms };
  } finally {
    channel.close();
  }
}

async function crowded(
  server: BenchedServer,
  { kernels, sockets }: { readonly kernels: number; readonly sockets: number },
): Promise<number> {
  const open: BenchedChannel[] = [];
  for (let each = 0; each < kernels; each += 1) {
    const kernel = await newKernel(server);
    const first = await BenchedChannel.open(server, kernel);
    await first.execute('1');
    open.push(first);
    for (let more = 1; more < sockets / kernels; more += 1)
      open.push(await BenchedChannel.open(server, kernel));
  }
  const memory = server.memoryMb();
  for (const channel of open) channel.close();
  return memory;
}
