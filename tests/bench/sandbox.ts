import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '../../kernel/config.ts';
import type { LaunchOptions } from '../../kernel/sandbox/contract.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { locatePython } from '../../kernel/sandbox/python.ts';
import { createWorker, type SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { judge } from '../../kernel/policy/judge.ts';
import { WarmPool } from '../../kernel/sandbox/warm-pool.ts';
import type { WorkerProcessOptions } from '../../kernel/sandbox/worker-options.ts';
import { WorkerProcess } from '../../kernel/sandbox/worker-process.ts';
import { median, table, timed } from './figures.ts';

/** `npm run bench -- sandbox`: what isolation costs, against the same programs without it, in turns. */

const starts = 15;
const helpers = 200;
const says = 'import os, sys; os.write(int(sys.argv[1].split(",")[0]), b"x")';

interface Bench {
  readonly config: Readonly<Record<Config['sandbox'], Config>>;
  readonly worker: (isolation: Config['sandbox']) => WorkerProcessOptions;
  readonly launch: LaunchOptions;
  readonly python: string;
}

/** Measures, and prints a table. */
export async function benchSandbox(): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'replique-bench-'));
  try {
    const bench = await prepare(top);
    const begun = await starting(bench);
    const ready = await readying(bench);
    const run = await helping(bench);
    const judged = await judging();
    const over = begun.sandbox - begun.plain;
    console.log(
      table([
        ['start of plain Python', begun.plain, ''],
        ['start of the sandbox, first byte', begun.sandbox, `+${over.toFixed(1)} (wanted: ≤ 15)`],
        ['the same without isolation', begun.none, ''],
        ['worker ready, cold', ready.cold, '(wanted: ≤ 250)'],
        ['worker ready, without isolation', ready.none, ''],
        ['worker ready, from the warm pool', ready.warm, '(wanted: ≤ 20)'],
        ['trivial helper', run.bubblewrap, `+${(run.bubblewrap - run.none).toFixed(2)} (wanted: ≤ 1)`],
        ['trivial helper without isolation', run.none, ''],
        ['validation of 1,000 lines of Python', judged, '(wanted: ≤ 20)'],
      ]),
    );
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

async function prepare(top: string): Promise<Bench> {
  const [workspace, files] = [join(top, 'workspace'), join(top, 'files')];
  for (const path of [workspace, files]) mkdirSync(path);
  writeFileSync(join(files, 'entry.py'), says);
  const config = loadConfig({ REPLIQUE_PYTHON: process.env['REPLIQUE_PYTHON'] });
  const python = await locatePython(config);
  const limits = limitsOf(config);
  const configs = {
    bubblewrap: { ...config, sandbox: 'bubblewrap' },
    none: { ...config, sandbox: 'none' },
  } as const;
  return {
    config: configs,
    launch: { python, workspace, workerFiles: files, entry: 'entry.py', limits, channels: 1 },
    python: python.executable,
    worker: (isolation) => ({
      launcher: createLauncher(configs[isolation]),
      python: () => Promise.resolve(python),
      ...{ workspace, limits },
    }),
  };
}

/** Until the first byte of a program that says one. */
async function starting({
  config,
  launch,
  python,
}: Bench): Promise<Record<'plain' | 'sandbox' | 'none', number>> {
  const times: Record<'plain' | 'sandbox' | 'none', number[]> = { plain: [], sandbox: [], none: [] };
  const launched = async (isolation: Config['sandbox']): Promise<number> => {
    const begin = performance.now();
    const sandbox = await createLauncher(config[isolation]).launch(launch);
    if (sandbox.channels[0]!.readableLength === 0) await once(sandbox.channels[0]!, 'readable');
    const took = performance.now() - begin;
    sandbox.kill();
    await sandbox.exited;
    return took;
  };
  for (let round = 0; round < starts; round += 1) {
    times.plain.push(await plainStart(python));
    times.sandbox.push(await launched('bubblewrap'));
    times.none.push(await launched('none'));
  }
  return { plain: median(times.plain), sandbox: median(times.sandbox), none: median(times.none) };
}

async function plainStart(python: string): Promise<number> {
  const begin = performance.now();
  const child = spawn(python, ['-I', '-B', '-c', 'import os; os.write(1, b"x")'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const took = performance.now() - begin;
  await once(child, 'close');
  return took;
}

/** Until a worker has IPython loaded and can execute. */
async function readying({ worker }: Bench): Promise<Record<'cold' | 'none' | 'warm', number>> {
  const times: Record<'cold' | 'none' | 'warm', number[]> = { cold: [], none: [], warm: [] };
  const pool = new WarmPool(worker('bubblewrap'), 1);
  await (await pool.take()).close();
  for (let round = 0; round < starts; round += 1) {
    times.cold.push(
      await timed(
        async () => WorkerProcess.start(worker('bubblewrap')),
        (one) => one.close(),
      ),
    );
    times.none.push(
      await timed(
        async () => WorkerProcess.start(worker('none')),
        (one) => one.close(),
      ),
    );
    await pool.filled();
    times.warm.push(
      await timed(
        async () => pool.take(),
        (one) => one.close(),
      ),
    );
  }
  await pool.close();
  return { cold: median(times.cold), none: median(times.none), warm: median(times.warm) };
}

/** One helper that does nothing, again and again. */
async function helping({ worker }: Bench): Promise<Record<Config['sandbox'], number>> {
  const make = (isolation: Config['sandbox']): SessionWorker =>
    createWorker({ ...worker(isolation), busyGraceMs: 2_000, warmWorkers: 0 });
  const workers = { bubblewrap: make('bubblewrap'), none: make('none') };
  const times: Record<Config['sandbox'], number[]> = { bubblewrap: [], none: [] };
  const signal = new AbortController().signal;
  const once = async (isolation: Config['sandbox']): Promise<void> => {
    const outcome = await workers[isolation].execute({
      ...{ code: 'pass', language: 'python', signal, timeoutMs: 60_000 },
      onOutput: () => undefined,
    });
    times[isolation].push(outcome.durationMs);
  };
  for (let round = 0; round < helpers; round += 1) {
    await once('bubblewrap');
    await once('none');
  }
  await Promise.all([workers.bubblewrap.close(), workers.none.close()]);
  return { bubblewrap: median(times.bubblewrap), none: median(times.none) };
}

/** Functions of four lines, a call in each. */
async function judging(): Promise<number> {
  const code = Array.from(
    { length: 250 },
    (_, n) => `def f${n}(a, b=1):\n    x = a + b * ${n}\n    print("value", x)\n    return x\n`,
  ).join('');
  const times: number[] = [];
  for (let round = 0; round < 2 * starts; round += 1) {
    times.push(
      await timed(
        () => judge(code, 'python'),
        () => Promise.resolve(),
      ),
    );
  }
  return median(times);
}
