import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repliqueError } from '../../../kernel/errors.ts';
import { labEnvDir } from '../../../kernel/paths.ts';
import { installSpec } from '../kernelspec/spec.ts';
import { packageRoot } from '../program.ts';
import { runKernelCheck } from '../setup/kernel-setup.ts';
import { withLock } from '../setup/lock.ts';
import type { ProgressSink } from '../setup/progress-sink.ts';
import { formatReport } from '../terminal/report.ts';
import { openBrowser } from './browser.ts';
import { startLabServer } from './lab-server.ts';
import { choosePort } from './port.ts';
import { writeLabSettings } from './settings.ts';

export interface LabOptions {
  readonly port: string | undefined;
  readonly browser: boolean;
  readonly sink: ProgressSink;
}

/** How long JupyterLab may take to answer. */
const START_MS = 120_000;
const PAUSE_MS = 100;

/**
 * Serves JupyterLab with the kernel installed until Ctrl-C.
 * @returns the exit status
 * @throws RepliqueError PORT_IN_USE, LAB_FAILED
 */
export async function runLab({ port, browser, sink }: LabOptions): Promise<number> {
  const onWait = () => sink.step('Waiting for another Replique that starts JupyterLab …');
  // One at a time: a port that is found free stays so until it is taken.
  const lock = join(labEnvDir(), '.start.lock');
  const { server, stop, check, url } = await withLock(lock, () => startLab(port), { onWait });
  try {
    const report = await Promise.race([stop.requested, check]);
    if (report !== 'stop') {
      sink.step(`\n${formatReport(report)}`);
      sink.step(`\nJupyterLab is ready:\n  ${url}\nStop it with Ctrl-C.`);
      if (browser) openBrowser(url);
    }
    const status = await Promise.race([stop.requested, server.exited]);
    if (typeof status === 'number') throw repliqueError('LAB_FAILED', { problem: server.log() });
    return 0;
  } finally {
    stop.off();
    await server.stop();
  }
}

/** Starts JupyterLab and settles when it answers, or is to stop. */
async function startLab(wanted: string | undefined) {
  const port = await choosePort(wanted);
  const check = runKernelCheck();
  check.catch(() => undefined); // told where its result is shown
  await installSpec(join(labEnvDir(), 'share', 'jupyter', 'kernels'), { name: 'replique' });
  await writeLabSettings(labEnvDir());
  const token = randomBytes(24).toString('hex');
  const examples = join(packageRoot, 'notebooks');
  const root = existsSync(join(examples, 'quickstart.ipynb')) ? examples : process.cwd();
  const page = root === examples ? '/lab/tree/quickstart.ipynb' : '/lab';
  const server = startLabServer(root, port, token);
  const stop = stopOnSignals(() => server.askToStop());
  try {
    const answered = await answers(port, token, server.exited, stop.signal);
    if (!answered && !stop.signal.aborted) {
      throw repliqueError('LAB_FAILED', { problem: server.log() });
    }
  } catch (error) {
    stop.off();
    await server.stop();
    throw error;
  }
  return { server, stop, check, url: `http://localhost:${port}${page}?token=${token}` };
}

/** Settles with true when the server answers, with false when it has ended or is to stop. */
async function answers(
  port: number,
  token: string,
  exited: Promise<number>,
  stopped: AbortSignal,
): Promise<boolean> {
  const limit = AbortSignal.timeout(START_MS);
  const gone = new AbortController();
  void exited.then(() => gone.abort());
  const signal = AbortSignal.any([limit, stopped, gone.signal]);
  const headers = { authorization: `token ${token}` };
  while (!signal.aborted) {
    const response = await fetch(`http://127.0.0.1:${port}/api/status`, { headers, signal }).catch(
      () => undefined,
    );
    if (response?.ok) return true;
    await sleep(PAUSE_MS);
  }
  if (limit.aborted) throw repliqueError('LAB_FAILED', { problem: 'it did not answer within two minutes.' });
  return false;
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
