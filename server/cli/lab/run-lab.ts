import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repliqueError } from '../../../kernel/errors.ts';
import { labEnvDir } from '../../../kernel/paths.ts';
import { installSpec } from '../kernelspec/spec.ts';
import { packageRoot } from '../program.ts';
import { runKernelCheck } from '../setup/kernel-setup.ts';
import type { ProgressSink } from '../setup/progress-sink.ts';
import { pythonOf } from '../setup/python-env.ts';
import { formatReport } from '../terminal/report.ts';
import { openBrowser } from './browser.ts';
import { choosePort } from './port.ts';
import { writeLabSettings } from './settings.ts';

export interface LabOptions {
  readonly port: string | undefined;
  readonly browser: boolean;
  readonly sink: ProgressSink;
}

/** How long JupyterLab may take to answer, and to leave when asked to. */
const START_MS = 120_000;
const STOP_MS = 10_000;
const PAUSE_MS = 100;

/** Characters of JupyterLab's log that an error may quote. */
const TAIL = 2000;

/**
 * Serves JupyterLab with the kernel installed until Ctrl-C.
 * @returns the exit status
 * @throws RepliqueError PORT_IN_USE, LAB_FAILED
 */
export async function runLab({ port: wanted, browser, sink }: LabOptions): Promise<number> {
  const port = await choosePort(wanted);
  const check = runKernelCheck();
  await installSpec(join(labEnvDir(), 'share', 'jupyter', 'kernels'), { name: 'replique' });
  await writeLabSettings(labEnvDir());
  const token = randomBytes(24).toString('hex');
  const examples = join(packageRoot, 'notebooks');
  const root = existsSync(join(examples, 'quickstart.ipynb')) ? examples : process.cwd();
  const page = root === examples ? '/lab/tree/quickstart.ipynb' : '/lab';

  const child = spawn(pythonOf(labEnvDir()), ['-m', 'jupyter', 'lab', ...labArguments(root, port)], {
    cwd: root,
    env: { ...process.env, JUPYTER_TOKEN: token, JUPYTER_PREFER_ENV_PATH: '1', PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Ctrl-C is ours: it is passed on once
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-TAIL);
    if (process.env['REPLIQUE_DEBUG']) process.stderr.write(text);
  });
  const exited = new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 128));
  });
  const stop = stopOnSignals(() => child.kill('SIGTERM'));
  try {
    const [report] = await Promise.all([check, answers(port, token, exited, stop.signal)]);
    sink.step(`\n${formatReport(report)}`);
    if (!stop.signal.aborted) {
      const url = `http://localhost:${port}${page}?token=${token}`;
      sink.step(`\nJupyterLab is ready:\n  ${url}\nStop it with Ctrl-C.`);
      if (browser) openBrowser(url);
    }
    const status = await Promise.race([exited, stop.requested]);
    if (typeof status === 'number') throw repliqueError('LAB_FAILED', { problem: log.trim() });
    return 0;
  } finally {
    stop.off();
    child.kill('SIGTERM');
    const limit = new AbortController();
    const late = sleep(STOP_MS, 'late', { signal: limit.signal }).catch(() => 'gone');
    if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
    limit.abort();
    await exited;
  }
}

function labArguments(root: string, port: number): string[] {
  return [
    '--no-browser',
    ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--ServerApp.port_retries=0',
    `--ServerApp.root_dir=${root}`,
    '--LabApp.extension_manager=readonly',
  ];
}

/** Settles when the server answers. */
async function answers(
  port: number,
  token: string,
  exited: Promise<number>,
  stopped: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(START_MS);
  const gone = new AbortController();
  void exited.then(() => gone.abort());
  const signal = AbortSignal.any([limit, stopped, gone.signal]);
  const headers = { authorization: `token ${token}` };
  while (!signal.aborted) {
    const response = await fetch(`http://127.0.0.1:${port}/api/status`, { headers, signal }).catch(
      () => undefined,
    );
    if (response?.ok) return;
    await sleep(PAUSE_MS);
  }
  if (limit.aborted) throw repliqueError('LAB_FAILED', { problem: 'it did not answer within two minutes.' });
}

/** Watches for Ctrl-C and for the signals that end a service. */
function stopOnSignals(onStop: () => void) {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const requested = new Promise<'stop'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('stop'));
  });
  const onSignal = () => {
    if (controller.signal.aborted) return;
    controller.abort();
    onStop();
  };
  for (const name of names) process.on(name, onSignal);
  const off = () => {
    for (const name of names) process.off(name, onSignal);
  };
  return { signal: controller.signal, requested, off };
}
