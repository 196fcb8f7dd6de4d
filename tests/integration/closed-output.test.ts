import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClient } from '../unit/router/client.ts';
import { makeConnection, ZmqClient } from './wire-client.ts';

/** Whoever reads what a program says may leave before it ends: `| head -1`, a closed terminal, a client that is gone. */

const dist = join(import.meta.dirname, '..', '..', 'dist');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-closed-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(program: string, ...args: readonly string[]) {
  return spawn(process.execPath, [join(dist, program), ...args], {
    cwd: directory,
    env: {
      ...process.env,
      JPY_PARENT_PID: String(process.pid),
      REPLIQUE_PROVIDER: 'mock',
      XDG_CONFIG_HOME: join(tmpdir(), 'replique-no-config'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

it('a kernel whose log no one reads any more goes on', async () => {
  const { connection, remove } = await makeConnection('ipc');
  const file = join(directory, 'kernel.json');
  writeFileSync(file, JSON.stringify(connection));
  const kernel = start('kernel.js', '-f', file);
  const channels = new ZmqClient(connection);
  const client = new TestClient(channels);
  try {
    await client.published('iopub_welcome'); // what is published before it is lost
    kernel.stderr.destroy();
    for (let i = 0; i < 3; i += 1) {
      channels.sendFrames('shell', [Buffer.from('junk')]); // what the log tells of
      await client.ask('kernel_info_request');
    }
    expect(kernel.exitCode).toBeNull();
    client.send('shutdown_request', { restart: false }, 'control');
    expect(await once(kernel, 'exit')).toEqual([0, null]);
  } finally {
    kernel.kill('SIGKILL');
    await channels.close();
    await remove();
  }
});

it('run writes the notebook though no one reads what it shows', async () => {
  const cell = { cell_type: 'code', metadata: {}, outputs: [], execution_count: null };
  const cells = [1, 2, 3].map((n) => ({ ...cell, source: `%%python\nprint(${n})` }));
  const notebook = join(directory, 'book.ipynb');
  writeFileSync(notebook, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  const run = start('replique.js', 'run', notebook);
  run.stdout.destroy();
  const said: string[] = [];
  run.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  expect(await once(run, 'close')).toEqual([0, null]);
  expect(said.join('')).not.toMatch(/EPIPE|^\s+at /m);
  expect(existsSync(join(directory, 'book.out.ipynb'))).toBe(true);
});
