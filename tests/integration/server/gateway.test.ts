import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelManager, ServerConnection } from '@jupyterlab/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labEnvDir } from '../../../kernel/paths.ts';
import { RepliqueServer } from '../../support/replique-server.ts';
import { answers, ended, freePort } from '../../support/server-process.ts';

/** A real jupyter_server that has its kernels from ours: `--gateway-url`, with messages in the legacy form. */
describe('jupyter_server’s gateway client', { timeout: 60_000 }, () => {
  let ours: RepliqueServer;
  let client: ChildProcess;
  let kernels: KernelManager;
  let top: string;
  beforeAll(async () => {
    ours = await RepliqueServer.start();
    top = mkdtempSync(join(tmpdir(), 'rg-'));
    const port = await freePort();
    const options = [
      '--no-browser',
      '--allow-root',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--gateway-url=${ours.url}`,
    ];
    client = spawn(join(labEnvDir(), 'bin', 'python'), ['-m', 'jupyter', 'server', ...options], {
      cwd: top,
      stdio: 'ignore',
      env: {
        ...process.env,
        JUPYTER_TOKEN: 't',
        JUPYTER_GATEWAY_AUTH_TOKEN: ours.token,
        JUPYTER_CONFIG_DIR: join(top, 'config'),
        JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
      },
    });
    const origin = `http://127.0.0.1:${port}`;
    await answers(origin);
    kernels = new KernelManager({
      serverSettings: ServerConnection.makeSettings({
        ...{ baseUrl: `${origin}/`, wsUrl: `${origin.replace('http', 'ws')}/`, token: 't' },
      }),
    });
    await kernels.ready;
  }, 120_000);
  afterAll(async () => {
    kernels.dispose();
    await ended(client);
    await ours.close();
    rmSync(top, { recursive: true, force: true });
  });

  it('starts, uses, interrupts, restarts and ends a kernel that runs here', async () => {
    const kernel = await kernels.startNew({ name: 'python3' });
    const [model] = await ours.json<{ id: string; name: string }[]>('api/kernels');
    expect(model).toMatchObject({ id: kernel.id, name: 'python3' });
    const run = async (code: string): Promise<string> => {
      const future = kernel.requestExecute({ code, stop_on_error: false });
      const shown: unknown[] = [];
      future.onIOPub = ({ content }) => void shown.push(content);
      const { content } = await future.done;
      return JSON.stringify([shown, content]);
    };
    expect(await run('print(6 * 7)')).toContain('42');
    const running = run('print("begun", flush=True)\nimport time; time.sleep(600)');
    await expect
      .poll(async () => await ours.json<object>(`api/kernels/${kernel.id}`))
      .toMatchObject({
        execution_state: 'busy',
      });
    await kernel.interrupt();
    expect(await running).toContain('KeyboardInterrupt');
    await kernel.restart();
    expect(await run('print("x" in globals())')).toContain('False');
    await kernel.shutdown();
    await expect.poll(() => ours.json('api/kernels')).toEqual([]);
  });
});
