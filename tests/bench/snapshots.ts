import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../kernel/config.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { locatePython } from '../../kernel/sandbox/python.ts';
import { createWorker, type SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { mostSnapshots } from '../../kernel/sandbox/snapshots/room.ts';
import { identityOf, proportionalBytes, usageBelow } from '../../kernel/sandbox/watchdog/usage.ts';
import { quantile } from './figures.ts';

/** `npm run bench -- snapshots`: what it takes to keep the memory of a session and to go back to it, and what that holds. */

const rounds = 100;
const cells = mostSnapshots;
const megabytes = 2 ** 20;
const array = 'import numpy as np\nbig = np.ones(2**27)\nsum(range(1000))';
/** Ordinary pages, as on a system that has no larger ones. */
const smallPages = `import ctypes; ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)\n${array}`;
/** As of a session that has used them. */
const usual =
  'import numpy as np, pandas as pd, matplotlib.pyplot as plt\nplt.plot([1]); plt.close()\nblocks = []';
const change = 'blocks = [np.random.rand(10 * 2**17)]';

/** Measures, and prints. */
export async function benchSnapshots(): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'replique-bench-'));
  try {
    console.log('milliseconds                                     p50     p99');
    await times(top, 'with the libraries of data science', usual);
    await times(top, 'with an array of 1 GB', array);
    await times(top, 'with an array of 1 GB in pages of 4 kB', smallPages);
    await memory(top);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

async function make(top: string): Promise<SessionWorker> {
  const workspace = mkdtempSync(join(top, 'workspace-'));
  mkdirSync(workspace, { recursive: true });
  const config = loadConfig({ REPLIQUE_PYTHON: process.env['REPLIQUE_PYTHON'] });
  const python = await locatePython(config);
  return createWorker({
    launcher: createLauncher(config),
    python: () => Promise.resolve(python),
    ...{ workspace, limits: limitsOf(config), busyGraceMs: 2_000, warmWorkers: 0 },
  });
}

async function run(worker: SessionWorker, code: string): Promise<void> {
  const { status } = await worker.execute({
    ...{ code, language: 'python', signal: new AbortController().signal, timeoutMs: 60_000 },
    onOutput: () => undefined,
  });
  if (status !== 'ok') throw new Error(`The code of the bench ended with ${status}.`);
}

/** Cells that change little, each kept; each going back is to one of the last ten. */
async function times(top: string, name: string, setUp: string): Promise<void> {
  const worker = await make(top);
  const took: Record<'snapshot' | 'resume', number[]> = { snapshot: [], resume: [] };
  const time = async <T>(what: keyof typeof took, action: Promise<T>): Promise<T> => {
    const began = performance.now();
    const done = await action;
    took[what].push(performance.now() - began);
    return done;
  };
  await run(worker, setUp);
  const ids: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await run(worker, `x = ${round}`);
    ids.push(await time('snapshot', worker.snapshot()));
    if (round % 2 === 1) continue;
    const near = ids.slice(-10).filter((id) => worker.has(id));
    await time('resume', worker.resume(near[round % near.length]!));
  }
  await worker.close();
  for (const [what, values] of Object.entries(took)) {
    const figures = [0.5, 0.99].map((part) => quantile(values, part).toFixed(1).padStart(8));
    console.log(`${`${what} ${name}`.padEnd(46)}${figures.join('')}`);
  }
}

/** A session in which each cell replaces 10 MB. */
async function memory(top: string): Promise<void> {
  const worker = await make(top);
  await run(worker, usual);
  await run(worker, change);
  const root = (await worker.firstProcess())!;
  const before = new Set(usageBelow(root).processes.map(identityOf));
  const ids: string[] = [];
  for (let cell = 0; cell < cells; cell += 1) {
    await run(worker, change);
    ids.push(await worker.snapshot());
  }
  const { processes } = usageBelow(root);
  const all = proportionalBytes(processes);
  const session = processes.filter((seen) => before.has(identityOf(seen)));
  const alone = session.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  const alive = ids.filter((id) => worker.has(id)).length;
  console.log(
    `${alive} snapshots of a session that replaces 10 MB a cell: ${Math.round(all / megabytes)} MB of memory (PSS) with the session, ` +
      `whose processes alone have ${Math.round(alone / megabytes)} MB (RSS)`,
  );
  const began = performance.now();
  for (let look = 0; look < 20; look += 1) usageBelow(root);
  console.log(
    `A look at their ${processes.length} processes: ${((performance.now() - began) / 20).toFixed(2)} ms`,
  );
  await worker.close();
}
