import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { envStamp, labEnvDir, workerEnvDir } from '../../kernel/paths.ts';
import { runCli } from '../../server/cli/cli.ts';
import { kernelProgram, programFile } from '../../server/cli/program.ts';
import { commandOf } from '../support/process-tree.ts';
import { descendants } from '../support/sandboxes.ts';
import { freePort } from '../support/ports.ts';

let said: { out: string; err: string };

beforeEach(() => {
  said = { out: '', err: '' };
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  vi.stubEnv('REPLIQUE_PROVIDER', 'mock');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
});

const start = (...args: string[]) => runCli(['node', 'replique', 'start', '--no-browser', ...args]);

describe('replique start', () => {
  it('serves JupyterLab with the quickstart and the kernel, and leaves nothing running', async () => {
    const data = mkdtempSync(join(tmpdir(), 'replique-start-'));
    const another = join(data, 'kernels', 'replique');
    mkdirSync(another, { recursive: true });
    const spec = { argv: [process.execPath, '-e', '0'], display_name: 'Another', language: 'replique' };
    writeFileSync(join(another, 'kernel.json'), JSON.stringify(spec));
    vi.stubEnv('JUPYTER_DATA_DIR', data);
    const ended = start();
    await vi.waitFor(() => expect(said.err).toContain('Stop it with Ctrl-C'), { timeout: 100_000 });
    const url = new URL(/http:\/\/localhost:\S+/.exec(said.err)?.[0] ?? '');
    expect(url.pathname).toBe('/lab/tree/quickstart.ipynb');
    expect(said.err).toContain('System check');

    const headers = { authorization: `token ${url.searchParams.get('token') ?? ''}` };
    const api = async (path: string, init: RequestInit = { headers }): Promise<unknown> =>
      (await fetch(new URL(path, url.origin), init)).json();
    expect(await api('/api/kernelspecs')).toHaveProperty(
      'kernelspecs.replique.spec.display_name',
      'Replique',
    );
    expect(await api('/api/contents/quickstart.ipynb')).toHaveProperty(
      'content.metadata.kernelspec.name',
      'replique',
    );
    const notification = '@jupyterlab/apputils-extension:notification';
    expect(await api(`/lab/api/settings/${notification}`)).toHaveProperty(
      'schema.properties.fetchNews.default',
      'false',
    );
    expect((await fetch(new URL('/api/kernelspecs', url.origin))).status).toBe(403);
    const body = JSON.stringify({ name: 'replique' });
    expect(await api('/api/kernels', { method: 'POST', headers, body })).toHaveProperty('name', 'replique');
    const commands = descendants(process.pid).map(commandOf);
    expect(commands.filter((command) => command.includes(kernelProgram()))).toHaveLength(1);
    expect(commands.filter((command) => /jupyter(?:-|\0)(?:lab|server)/.test(command))).toEqual([]);

    process.emit('SIGINT');
    process.emit('SIGINT');
    await ended;
    expect(process.exitCode ?? 0).toBe(0);
    expect(said.err).toContain('Stopping JupyterLab and its kernels');
    const left = descendants(process.pid).map(commandOf);
    expect(left.filter((command) => command.includes(kernelProgram()))).toEqual([]);
    await expect(fetch(url.origin)).rejects.toThrow();
    rmSync(data, { recursive: true });
  }, 180_000);

  it('leaves its kernels to the next start on SIGTERM, where the configuration keeps them, and ends them at Ctrl-C', async () => {
    const home = mkdtempSync(join(tmpdir(), 'replique-start-'));
    vi.stubEnv('XDG_CONFIG_HOME', home);
    vi.stubEnv('JUPYTER_RUNTIME_DIR', join(home, 'runtime'));
    mkdirSync(join(home, 'replique'));
    const settings = { keepKernelsSeconds: 60, baseUrl: '/deep/' };
    writeFileSync(join(home, 'replique', 'server.json'), JSON.stringify(settings));
    const begin = async (port: string): Promise<{ ended: Promise<void>; url: URL }> => {
      said.err = '';
      const ended = start('--port', port);
      await vi.waitFor(() => expect(said.err).toContain('Stop it with Ctrl-C'), { timeout: 100_000 });
      return { ended, url: new URL(/http:\/\/localhost:\S+/.exec(said.err)?.[0] ?? '') };
    };
    const kernelsAt = async (url: URL, init: RequestInit = {}): Promise<unknown> => {
      const headers = { authorization: `token ${url.searchParams.get('token') ?? ''}` };
      return (await fetch(new URL('/deep/api/kernels', url.origin), { ...init, headers })).json();
    };
    const port = String(await freePort());
    const first = await begin(port);
    expect(first.url.pathname).toBe('/deep/lab/tree/quickstart.ipynb');
    const kernel = await kernelsAt(first.url, { method: 'POST', body: JSON.stringify({ name: 'replique' }) });
    process.emit('SIGTERM');
    await first.ended;
    expect(said.err).toContain('Its kernels go on for 60 s');
    const second = await begin(port);
    expect(second.url.href).toBe(first.url.href); // with its token: pages that are open go on
    expect(await kernelsAt(second.url)).toMatchObject([{ id: (kernel as { id: string }).id }]);
    process.emit('SIGINT');
    await second.ended;
    expect(said.err).toContain('Stopping JupyterLab and its kernels');
    expect(readdirSync(join(home, 'runtime'))).toEqual([]);
    rmSync(home, { recursive: true });
  }, 180_000);

  it('starts beside others that start at the same time, each on its own port', async () => {
    const command = [programFile('replique.js'), 'start', '--no-browser'];
    const others = [1, 2, 3].map(() =>
      spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] }),
    );
    const logs = others.map(() => '');
    others.forEach((other, index) =>
      other.stderr.on('data', (text) => (logs[index] = `${logs[index] ?? ''}${String(text)}`)),
    );
    try {
      const ready = () => logs.forEach((log) => expect(log).toContain('Stop it with Ctrl-C'));
      await vi.waitFor(ready, { timeout: 150_000 });
      const ports = logs.map((log) => new URL(/http:\/\/localhost:\S+/.exec(log)?.[0] ?? '').port);
      expect(new Set(ports).size).toBe(3);
    } finally {
      const gone = others.filter(({ exitCode }) => exitCode === null).map((other) => once(other, 'exit'));
      for (const other of others) other.kill('SIGTERM');
      await Promise.all(gone);
    }
  }, 180_000);

  it('says what is missing where its JupyterLab is not whole, and not that it is ready', async () => {
    const data = mkdtempSync(join(tmpdir(), 'replique-start-'));
    const pythons = join(data, 'replique', 'python');
    const lab = join(pythons, 'lab');
    mkdirSync(join(lab, 'bin'), { recursive: true });
    symlinkSync(process.execPath, join(lab, 'bin', 'python'));
    copyFileSync(join(labEnvDir(), envStamp), join(lab, envStamp));
    symlinkSync(workerEnvDir(), join(pythons, 'worker'));
    vi.stubEnv('XDG_DATA_HOME', data);
    await start();
    expect(process.exitCode).toBe(1);
    expect(said.err).toContain(`JupyterLab is not whole in ${lab}.\n  → Remove that directory`);
    expect(said.err).not.toContain('is ready');
    rmSync(data, { recursive: true });
  }, 120_000);

  it('ends without a word more where it is stopped while it starts', async () => {
    const listeners = process.listenerCount('SIGHUP');
    const ended = start();
    const watched = () => expect(process.listenerCount('SIGHUP')).toBeGreaterThan(listeners);
    await vi.waitFor(watched, { timeout: 60_000, interval: 5 });
    process.emit('SIGINT');
    await ended;
    expect(process.exitCode ?? 0).toBe(0);
    expect(said.err).not.toMatch(/System check|is ready|not whole/);
  }, 120_000);

  it('says that a wanted port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await start('--port', String(port));
    server.close();
    expect(process.exitCode).toBe(1);
    expect(said.err).toContain(`The address localhost:${port} is in use.`);
  }, 120_000);
});
