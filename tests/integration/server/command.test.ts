import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ended } from '../../support/server-process.ts';
import { stillRunning, treeOf } from '../../support/process-tree.ts';
import { testPython } from '../../support/python.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'dist', 'replique.js');

describe('replique server', { timeout: 60_000 }, () => {
  let top: string;
  let environment: NodeJS.ProcessEnv;
  const children = new Set<ChildProcess>();
  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'rc-'));
    environment = {
      ...process.env,
      JUPYTER_PATH: join(dirname(dirname(testPython())), 'share', 'jupyter'),
      JUPYTER_DATA_DIR: join(top, 'data'),
      JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
    };
  });
  afterEach(async () => {
    const running = [...children].filter(({ exitCode, signalCode }) => (exitCode ?? signalCode) === null);
    await Promise.all(running.map(ended));
    children.clear();
  });
  afterAll(() => rmSync(top, { recursive: true }));

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      ...{ env: environment, cwd: top, encoding: 'utf8', timeout: 30_000 },
    });
    return { status, stdout, stderr };
  };

  /** Starts it and waits for its address. */
  async function serve(...args: string[]): Promise<{ readonly child: ChildProcess; readonly url: URL }> {
    const child = spawn(process.execPath, [program, 'server', '--allow-root', '--port', '0', ...args], {
      ...{ env: environment, cwd: top, stdio: ['ignore', 'pipe', 'inherit'] as const },
    });
    children.add(child);
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.once('exit', () => reject(new Error(`It ended: ${text}`)));
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const [found] = /https?:\/\/\S+(?=\n)/.exec(text) ?? [];
        if (found) resolve(found);
      });
    });
    return { child, url: new URL(url) };
  }

  it('prints an address that works, and a token of 256 bits', async () => {
    const { url } = await serve('--base-url', '/a%40b', '--log-level', 'warn');
    expect(url.searchParams.get('token')).toMatch(/^[0-9a-f]{64}$/);
    expect(url.pathname).toBe('/a%40b/');
    const status = await fetch(new URL(`api/status${url.search}`, url));
    expect(await status.json()).toMatchObject({ kernels: 0 });
    expect((await fetch(new URL('/api', url))).status).toBe(404);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('leaves nothing behind at %s', async (signal) => {
    const { child, url } = await serve('--log-level', 'warn');
    const headers = { authorization: `token ${url.searchParams.get('token') ?? ''}` };
    const start = { method: 'POST', headers, body: '{"name":"python3"}' };
    await Promise.all([1, 2].map(() => fetch(new URL('/api/kernels', url), start)));
    const tree = treeOf(child.pid ?? 0);
    expect(tree.length).toBeGreaterThan(2);
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(stillRunning(tree)).toEqual([]);
    expect(readdirSync(join(top, 'runtime'))).toEqual([]);
  });

  it.each([
    ['a directory that is not there', ['--dir', '/nowhere/at/all'], /not a directory.*--dir/s],
    ['others without a token', ['--ip', '0.0.0.0', '--token', ''], /anybody.*--token/s],
    ['a port that is none', ['--port', 'x'], /"port"/],
    [
      'a certificate that is not there',
      ['--certfile', '/no', '--keyfile', '/no'],
      /certificate.*--certfile/s,
    ],
    ['an address of another machine', ['--ip', '203.0.113.1', '--port', '0'], /can't listen.*--ip/s],
  ])('refuses %s with a sentence and its remedy', (_, args, sentence) => {
    const { status, stderr } = run('server', '--allow-root', ...args);
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain('→');
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('refuses a port that is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { status, stderr } = run('server', '--allow-root', '--port', String(port));
    expect([status, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port} is in use`)]);
    other.close();
  });

  it('refuses to be root unless it is told to', () => {
    if (process.getuid?.() !== 0) {
      expect(run('server', '--show-config').status).toBe(0);
      return;
    }
    expect(run('server', '--port', '0')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('root') as string,
    });
  });

  it('shows its configuration without the token', () => {
    const { stdout } = run('server', '--show-config', '--token', 'hush-hush', '--cull-idle', '60');
    expect(stdout).not.toContain('hush');
    expect(JSON.parse(stdout)).toMatchObject({
      ip: { value: '127.0.0.1', from: 'default' },
      port: { value: 8888, from: 'default' },
      token: { value: '(set)', from: 'option' },
      cullIdleSeconds: { value: 60, from: 'option' },
    });
  });

  it('keeps a password as a hash, for its owner only', () => {
    const file = join(top, 'password');
    const set = (password: string) =>
      spawnSync(process.execPath, [program, 'password', file], { input: password, encoding: 'utf8' });
    expect(set('short\n')).toMatchObject({ status: 1 });
    expect(set('long enough\n').status).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^scrypt:/);
  });
});
