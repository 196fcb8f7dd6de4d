import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../server/cli/cli.ts';
import { programFile } from '../../server/cli/program.ts';

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

    process.emit('SIGINT');
    process.emit('SIGINT');
    await ended;
    expect(process.exitCode).toBe(0);
    await expect(fetch(url.origin)).rejects.toThrow();
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

  it('says why JupyterLab ended, and not that it is ready', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'replique-start-'));
    const config =
      'import os, sys\nprint("this configuration ends it", file=sys.stderr, flush=True)\nos._exit(3)\n';
    writeFileSync(join(directory, 'jupyter_server_config.py'), config);
    vi.stubEnv('JUPYTER_CONFIG_DIR', directory);
    await start();
    expect(process.exitCode).toBe(1);
    expect(said.err).toContain('JupyterLab ended: ');
    expect(said.err).toContain('this configuration ends it\n  → Mend what it reports');
    expect(said.err).not.toContain('is ready');
    rmSync(directory, { recursive: true });
  }, 120_000);

  it('ends without a word more where it is stopped while it starts', async () => {
    const listeners = process.listenerCount('SIGHUP');
    const ended = start();
    const watched = () => expect(process.listenerCount('SIGHUP')).toBeGreaterThan(listeners);
    await vi.waitFor(watched, { timeout: 60_000, interval: 5 });
    process.emit('SIGINT');
    await ended;
    expect(process.exitCode).toBe(0);
    expect(said.err).not.toMatch(/System check|is ready|ended/);
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
