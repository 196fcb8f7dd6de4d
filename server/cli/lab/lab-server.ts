import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { labEnvDir } from '../../../kernel/paths.ts';
import { pythonOf } from '../setup/python-env.ts';

/** How long JupyterLab may take to leave when asked to; then it is killed. */
const STOP_MS = 10_000;

/** Characters of JupyterLab's log that an error may quote. */
const TAIL = 2000;

/** A JupyterLab that runs as a child of this process. */
export interface LabServer {
  /** Settles with the exit status. Never rejects. */
  readonly exited: Promise<number>;
  /** The end of what it has logged. */
  log(): string;
  askToStop(): void;
  /** Ends it, gently first. */
  stop(): Promise<void>;
}

/**
 * Starts JupyterLab.
 * @param root the directory that it shows
 */
export function startLabServer(root: string, port: number, token: string): LabServer {
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
  const stop = async () => {
    child.kill('SIGTERM');
    const limit = new AbortController();
    const late = sleep(STOP_MS, 'late', { signal: limit.signal }).catch(() => 'gone');
    if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
    limit.abort();
    await exited;
  };
  return { exited, log: () => log.trim(), askToStop: () => void child.kill('SIGTERM'), stop };
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
