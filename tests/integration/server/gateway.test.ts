import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelManager, ServerConnection, SessionManager, type KernelMessage } from '@jupyterlab/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labEnvDir } from '../../../kernel/paths.ts';
import { JupyterServer } from '../../support/jupyter-server.ts';
import { RepliqueServer } from '../../support/replique-server.ts';
import { freePort } from '../../support/ports.ts';
import { answers, ended } from '../../support/server-process.ts';

/** A server that has kernels for others. */
interface Gateway {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

const ours = ['Replique’s server', (): Promise<Gateway> => RepliqueServer.start()] as const;
const theirs = [
  'another jupyter_server',
  async (): Promise<Gateway> => {
    const server = await JupyterServer.start([]);
    return { url: `${server.origin}/`, token: server.token, close: () => server.close() };
  },
] as const;
/** That the other one does all of this, too, shows what is to be asked for; on a busy machine it loses a reply now and then. */
const gateways = process.env['REPLIQUE_TEST_SAMPLE'] === 'all' ? [ours, theirs] : [ours];

/** A real jupyter_server that has its kernels from another: `--gateway-url`, with messages in the legacy form. */
describe.each(gateways)('jupyter_server’s gateway client and %s', { timeout: 60_000 }, (_name, start) => {
  let gateway: Gateway;
  let client: ChildProcess;
  let kernels: KernelManager;
  let top: string;
  beforeAll(async () => {
    gateway = await start();
    top = mkdtempSync(join(tmpdir(), 'rg-'));
    const port = await freePort();
    const options = [
      '--no-browser',
      '--allow-root',
      '--ip=127.0.0.1',
      `--port=${port}`,
      `--gateway-url=${gateway.url}`,
    ];
    client = spawn(join(labEnvDir(), 'bin', 'python'), ['-m', 'jupyter', 'server', ...options], {
      cwd: top,
      stdio: 'ignore',
      env: {
        ...process.env,
        JUPYTER_TOKEN: 't',
        JUPYTER_GATEWAY_AUTH_TOKEN: gateway.token,
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
    await gateway.close();
    rmSync(top, { recursive: true, force: true });
  });

  const there = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `token ${gateway.token}` };
    return (await (await fetch(gateway.url + path, { headers })).json()) as T;
  };

  it('starts, uses, interrupts, restarts and ends a kernel that runs here', async () => {
    const kernel = await kernels.startNew({ name: 'python3' });
    const [model] = await there<{ id: string; name: string }[]>('api/kernels');
    expect(model).toMatchObject({ id: kernel.id, name: 'python3' });
    const run = async (code: string, onShown?: (text: string) => void): Promise<string> => {
      const future = kernel.requestExecute({ code, stop_on_error: false });
      const shown: unknown[] = [];
      future.onIOPub = ({ content }) => {
        shown.push(content);
        onShown?.(JSON.stringify(content));
      };
      future.onStdin = ({ header }) =>
        future.sendInputReply(
          { status: 'ok', value: 'Ada' },
          header as KernelMessage.IInputRequestMsg['header'],
        );
      const { content } = await future.done;
      return JSON.stringify([shown, content]);
    };
    expect(await run('print(6 * 7)')).toContain('42');
    expect(await run('print("hello", input("name? "))')).toContain('hello Ada');
    // Before it has begun, an interrupt stops nothing.
    let running: Promise<string>;
    await new Promise<void>((resolve) => {
      const code = 'print("be" + "gun", flush=True)\nimport time; time.sleep(600)';
      running = run(code, (text) => text.includes('begun') && resolve());
    });
    await expect
      .poll(async () => await there<object>(`api/kernels/${kernel.id}`))
      .toMatchObject({
        execution_state: 'busy',
      });
    await kernel.interrupt();
    expect(await running!).toContain('KeyboardInterrupt');
    await kernel.restart();
    expect(await run('print("x" in globals())')).toContain('False');
    await kernel.shutdown();
    await expect.poll(() => there('api/kernels')).toEqual([]);
  });

  it('lists the kernels that there are, and has sessions of them', async () => {
    const { serverSettings } = kernels;
    const wanted = await there<{ kernelspecs: object }>('api/kernelspecs');
    const specs = (await (
      await ServerConnection.makeRequest(`${serverSettings.baseUrl}api/kernelspecs`, {}, serverSettings)
    ).json()) as { kernelspecs: object };
    expect(Object.keys(specs.kernelspecs).sort()).toEqual(Object.keys(wanted.kernelspecs).sort());
    const sessions = new SessionManager({ serverSettings, kernelManager: kernels });
    await sessions.ready;
    const kernel = { name: 'python3' };
    const session = await sessions.startNew({ path: 'n.ipynb', name: 'n', type: 'notebook', kernel });
    const { content } = await session.kernel!.requestExecute({ code: '6 * 7' }).done;
    expect(content).toMatchObject({ status: 'ok', execution_count: 1 });
    await session.shutdown();
    await expect.poll(() => there('api/kernels')).toEqual([]);
    sessions.dispose();
  });
});
