import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ChannelClient } from '../../support/channel-client.ts';
import { impostor, installKernelspec } from '../../support/other-kernels.ts';
import { commandOf, stillRunning, treeOf, type KnownProcess } from '../../support/process-tree.ts';
import { testPython } from '../../support/python.ts';
import { freePort } from '../../support/ports.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'dist', 'replique.js');

describe('replique server that is ended from outside', { timeout: 90_000 }, () => {
  let top: string;
  let port: number;
  let child: ChildProcess;
  let url: URL;

  beforeEach(async () => {
    top = mkdtempSync(join(tmpdir(), 'rk-'));
    port = await freePort();
  });
  afterEach(async () => {
    await end('SIGINT');
    rmSync(top, { recursive: true, maxRetries: 5, retryDelay: 200 });
  });

  async function serve(...args: string[]): Promise<void> {
    const options = ['--allow-root', '--port', String(port), '--log-level', 'warn', ...args];
    const prefix = join(dirname(dirname(testPython())), 'share', 'jupyter');
    child = spawn(process.execPath, [program, 'server', ...options], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        JUPYTER_PATH: `${join(top, 'share', 'jupyter')}:${prefix}`,
        JUPYTER_DATA_DIR: join(top, 'data'),
        JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
        XDG_CONFIG_HOME: join(top, 'config'),
      },
    });
    const { stdout } = child;
    url = await new Promise((resolve, reject) => {
      let text = '';
      child.once('exit', () => reject(new Error(`It ended: ${text}`)));
      stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const [found] = /https?:\/\/\S+(?=\n)/.exec(text) ?? [];
        if (found) resolve(new URL(found));
      });
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if ((child.exitCode ?? child.signalCode) !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  const request = async (method: string, path: string, body?: object): Promise<unknown> => {
    const authorization = `token ${url.searchParams.get('token') ?? ''}`;
    const answer = await fetch(new URL(path, url), {
      ...{ method, headers: { authorization } },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.json();
  };

  const startKernel = async (name = 'python3'): Promise<string> =>
    ((await request('POST', '/api/kernels', { name })) as { id: string }).id;

  /** Runs code, and gives what it prints. */
  async function run(kernel: string, code: string): Promise<string> {
    const address = new URL(`/api/kernels/${kernel}/channels?session_id=s`, url.href.replace('http', 'ws'));
    address.searchParams.set('token', url.searchParams.get('token') ?? '');
    const client = await new ChannelClient(new WebSocket(address), 's').open();
    const id = client.execute(code);
    await client.idle(id);
    await client.close();
    return client.printed(id);
  }

  /** Who waits for the end of the server. */
  const watching = (): readonly KnownProcess[] =>
    treeOf(child.pid ?? 0).filter(({ pid }) => commandOf(pid).startsWith('/bin/sh\0-c\0cat >/dev/null'));

  async function gone(pids: readonly KnownProcess[]): Promise<void> {
    const until = Date.now() + 20_000;
    while (stillRunning(pids).length > 0) {
      await sleep(50);
      if (Date.now() > until) throw new Error(`These still run: ${stillRunning(pids).join(', ')}`);
    }
  }

  it.each(['SIGTERM', 'SIGKILL', 'SIGHUP'] as const)(
    'has its kernels back after %s, and ends them at Ctrl-C',
    async (signal) => {
      await serve('--keep-kernels', '60');
      const token = url.searchParams.get('token');
      const kernel = await startKernel();
      expect(await run(kernel, 'import os; x = 6; print(os.getpid())')).toMatch(/^\d+\n$/);
      const before = treeOf(child.pid ?? 0);
      await end(signal);
      await serve('--keep-kernels', '60');
      expect(url.searchParams.get('token')).toBe(token);
      expect(await request('GET', '/api/kernels')).toMatchObject([{ id: kernel, name: 'python3' }]);
      expect(await run(kernel, 'print(x * 7)')).toBe('42\n');
      const now = treeOf(child.pid ?? 0);
      await end('SIGINT');
      await gone([...before, ...now]);
      expect(readdirSync(join(top, 'runtime'))).toEqual([]);
    },
  );

  it('and does not come back: its kernels end after the time that they may go on', async () => {
    await serve('--keep-kernels', '1');
    const kernel = await startKernel();
    const pid = Number(await run(kernel, 'import os; print(os.getpid())'));
    const tree = treeOf(child.pid ?? 0);
    await end('SIGKILL');
    expect(tree.map((each) => each.pid)).toContain(pid);
    await gone(tree); // with the process that has seen to it
    expect(readdirSync(join(top, 'runtime'))).toEqual([]);
  });

  it('and whose next one can’t start: its kernels end after their time all the same', async () => {
    await serve('--keep-kernels', '60');
    const kernel = await startKernel();
    await run(kernel, '1');
    const tree = treeOf(child.pid ?? 0);
    await end('SIGKILL');
    await expect(serve('--keep-kernels', '60', '--password-file', join(top, 'none'))).rejects.toThrow();
    await serve('--keep-kernels', '5'); // nothing was lost by that
    expect(await run(kernel, 'print(_)')).toBe('1\n');
    const now = treeOf(child.pid ?? 0);
    await end('SIGKILL');
    await expect(serve('--keep-kernels', '5', '--certfile', 'none', '--keyfile', 'none')).rejects.toThrow();
    await gone([...tree, ...now]);
    expect(readdirSync(join(top, 'runtime'))).toEqual([]);
  });

  it('after who watches its kernels was killed: another one does', async () => {
    await serve('--keep-kernels', '1');
    const kernel = await startKernel();
    await expect.poll(watching).toHaveLength(1);
    const before = watching();
    process.kill(-before[0]!.pid, 'SIGKILL');
    await gone(before);
    await expect.poll(watching).toHaveLength(1);
    expect(await run(kernel, 'print("here")')).toBe('here\n');
    const tree = treeOf(child.pid ?? 0);
    await end('SIGKILL');
    await gone(tree);
    expect(readdirSync(join(top, 'runtime'))).toEqual([]);
  });

  it('with who watches its kernels: the next server of any address has them end in time', async () => {
    await serve('--keep-kernels', '1');
    const kernel = await startKernel();
    const pid = Number(await run(kernel, 'import os; print(os.getpid())'));
    const tree = treeOf(child.pid ?? 0);
    for (const each of watching()) process.kill(-each.pid, 'SIGKILL');
    child.kill('SIGKILL');
    await gone(tree.filter((each) => each.pid !== pid));
    expect(stillRunning(tree)).toEqual([pid]);
    port = await freePort();
    await serve('--keep-kernels', '1');
    await gone(tree);
    const kept = (): readonly string[] => readdirSync(join(top, 'runtime', 'replique-server'));
    await expect.poll(kept, { timeout: 20_000 }).toHaveLength(1);
  });

  it('leaves no kernel that is not to go on, also of those that look after nobody', async () => {
    const { argv } = impostor('open("pid", "w").write(str(os.getpid()))\ntime.sleep(600)');
    const spec = { argv, display_name: 'Sleeper', language: 'none' };
    installKernelspec(join(top, 'share', 'jupyter'), 'sleeper', spec);
    await serve();
    await startKernel('sleeper');
    const until = Date.now() + 20_000;
    while (!existsSync(join(top, 'pid'))) {
      await sleep(20);
      if (Date.now() > until) throw new Error('It did not start.');
    }
    const [sleeper] = treeOf(Number(readFileSync(join(top, 'pid'), 'utf8')));
    await end('SIGKILL');
    await gone(sleeper ? [sleeper] : []);
    expect(sleeper).toBeDefined();
  });
});
