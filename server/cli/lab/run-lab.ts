import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { labEnvDir } from '../../../kernel/paths.ts';
import { packageRoot } from '../program.ts';
import { stopOnSignals } from '../server/stop-signals.ts';
import { runKernelCheck } from '../setup/kernel-setup.ts';
import { withLock } from '../setup/lock.ts';
import type { ProgressSink } from '../setup/progress-sink.ts';
import { formatReport } from '../terminal/report.ts';
import { openBrowser } from './browser.ts';
import { installedLab } from './installed.ts';
import { choosePort } from './port.ts';

export interface LabOptions {
  readonly port: string | undefined;
  readonly browser: boolean;
  readonly sink: ProgressSink;
}

/**
 * Serves JupyterLab with the quickstart and this program's own kernel until Ctrl-C, to this machine only. Other signals leave
 * kernels to the next start, where the configuration says so.
 * @throws RepliqueError PORT_IN_USE, LAB_FAILED, KERNEL_DIED
 */
export async function runLab({ port, browser, sink }: LabOptions): Promise<void> {
  const onWait = () => sink.step('Waiting for another Replique that starts JupyterLab …');
  // One at a time: a port that is found free stays so until it is taken.
  const lock = join(labEnvDir(), '.start.lock');
  const { server, stop, url, keptSeconds } = await withLock(lock, () => startLab(port), { onWait });
  let keep = true; // where it fails, what was taken over is for the next attempt
  try {
    const report = await Promise.race([stop.requested, runKernelCheck()]);
    if (typeof report !== 'string') {
      sink.step(`\n${formatReport(report)}`);
      sink.step(`\nJupyterLab is ready:\n  ${url}\nStop it with Ctrl-C.`);
      if (browser) openBrowser(url);
    }
    keep = (await stop.requested) !== 'SIGINT' && keptSeconds > 0;
    sink.step(
      keep
        ? `\nStopping JupyterLab. Its kernels go on for ${keptSeconds} s, for the next start on this port …`
        : '\nStopping JupyterLab and its kernels …',
    );
  } finally {
    await server.close({ keep });
    stop.off();
  }
}

/** Starts the server on the wanted port, or the first that is free. */
async function startLab(wanted: string | undefined) {
  const port = await choosePort(wanted);
  const examples = join(packageRoot, 'notebooks');
  const hasExamples = existsSync(join(examples, 'quickstart.ipynb'));
  const stop = stopOnSignals();
  try {
    const [{ startServer }, { loadServerConfig }, { createLog }] = await Promise.all([
      import('../../app.ts'),
      import('../../config.ts'),
      import('../../http/log.ts'),
    ]);
    const config = loadServerConfig({
      ip: '127.0.0.1',
      port,
      dir: hasExamples ? examples : process.cwd(),
      allowRoot: true, // nobody else reaches a loopback address, and the token is for who sees this terminal
      logLevel: process.env['REPLIQUE_DEBUG'] ? 'debug' : 'error',
    });
    const lab = await installedLab();
    const server = await startServer(config, createLog(config.logLevel), { lab, kernel: 'own' });
    const page = hasExamples ? 'lab/tree/quickstart.ipynb' : 'lab';
    const url = new URL(server.url);
    url.hostname = 'localhost';
    url.pathname += page;
    if (server.token !== '') url.searchParams.set('token', server.token);
    return { server, stop, url: url.href, keptSeconds: config.keepKernelsSeconds };
  } catch (error) {
    stop.off();
    throw error;
  }
}
