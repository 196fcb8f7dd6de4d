import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { workerEnvDir } from '../../../kernel/paths.ts';
import { makeConnection } from '../../integration/wire-client.ts';
import type { Target } from './target.ts';

/** The kernel's process may hold this much after all of it. */
const mostMb = 400;

/** The built kernel as a process of its own, with its sandbox and its Python. */
export async function startKernelTarget(): Promise<Target> {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'rwf-')));
  const folders = ['workspace', 'data', 'config', 'run', 'tmp'].map((name) => join(top, name));
  for (const folder of folders) mkdirSync(folder);
  const [workspace = '', data, config, run, tmp] = folders;
  const { connection, remove } = await makeConnection('ipc');
  const file = join(top, 'kernel.json');
  writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
  const kernel = spawn(process.execPath, [resolve('dist/kernel.js'), '-f', file], {
    cwd: workspace,
    env: {
      ...{ ...process.env, XDG_DATA_HOME: data, XDG_CONFIG_HOME: config, XDG_RUNTIME_DIR: run, TMPDIR: tmp },
      ...{ REPLIQUE_PROVIDER: 'mock', REPLIQUE_PYTHON: join(workerEnvDir(), 'bin', 'python') },
    },
    stdio: 'ignore',
  });
  const exited = once(kernel, 'exit');
  const noting = (mark: string, then: string): string =>
    `%%python\nopen("ran-${mark}", "a").write(".")\n${then}`;
  return {
    ...{ connection, comms: [], faults: [] },
    words: {
      run: (mark) => noting(mark, 'print(1)\n2'),
      fail: (mark) => noting(mark, '1 / 0'),
      ask: (mark) => noting(mark, 'assert input("? ") == "right"'),
      wait: (mark) => noting(mark, 'import time; time.sleep(600)'),
      waits: 0.01,
    },
    ran: () =>
      new Map(
        readdirSync(workspace)
          .filter((name) => name.startsWith('ran-'))
          .map((name) => [name.slice('ran-'.length), statSync(join(workspace, name)).size]),
      ),
    growth: () => {
      const held = residentMb(kernel.pid);
      return held > mostMb ? [`the kernel holds ${held.toFixed(0)} MB`] : [];
    },
    ended: async () => {
      const [code, signal] = (await exited) as [number | null, string | null];
      return code === 0 ? [] : [`the kernel ended with ${String(code ?? signal)}`];
    },
    close: async () => {
      if (kernel.exitCode === null && kernel.signalCode === null) kernel.kill('SIGKILL');
      await exited;
      await remove();
      rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** 0 for a process that has ended. */
function residentMb(pid: number | undefined): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
