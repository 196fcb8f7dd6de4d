import {
  KernelManager,
  KernelSpecManager,
  SessionManager,
  type Kernel,
  type Session,
} from '@jupyterlab/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helper } from '../../support/jupyter.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** JupyterLab's own client library, as it is, against our server. */
describe('@jupyterlab/services on Replique’s server', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  let kernels: KernelManager;
  let sessions: SessionManager;

  beforeAll(async () => {
    server = await RepliqueServer.start({ baseUrl: '/a%40b/' }, [
      { text: `I print.\n${helper('print("six times seven is", 6 * 7)')}` },
      { text: 'The answer is forty-two.' },
    ]);
    const serverSettings = server.settings;
    kernels = new KernelManager({ serverSettings });
    sessions = new SessionManager({ serverSettings, kernelManager: kernels });
    await sessions.ready;
  });
  afterAll(async () => {
    sessions.dispose();
    kernels.dispose();
    await server.close();
  });

  const begin = (name: string, path: string): Promise<Session.ISessionConnection> =>
    sessions.startNew({ path, name: path, type: 'notebook', kernel: { name } });

  async function run(kernel: Kernel.IKernelConnection, code: string): Promise<string> {
    const future = kernel.requestExecute({ code, stop_on_error: false });
    const shown: unknown[] = [];
    future.onIOPub = ({ content }) => void shown.push(content);
    future.onStdin = (message) => {
      if (message.header.msg_type === 'input_request') {
        future.sendInputReply({ status: 'ok', value: 'Ada' }, message.header as never);
      }
    };
    await future.done;
    return JSON.stringify(shown);
  }

  it('lists the installed kernels, ours first, with logos that load', async () => {
    const specs = new KernelSpecManager({ serverSettings: server.settings });
    await specs.ready;
    expect(specs.specs?.default).toBe('replique');
    expect(Object.keys(specs.specs?.kernelspecs ?? {})).toEqual(
      expect.arrayContaining(['replique', 'python3', 'calysto_scheme']),
    );
    const logo = specs.specs?.kernelspecs['replique']?.resources['logo-svg'] ?? '';
    expect(logo).toMatch(/^\/a%40b\/kernelspecs\/replique\/logo-svg\.svg$/);
    const shown = await fetch(new URL(logo, server.url), {
      headers: { authorization: `token ${server.token}` },
    });
    expect(shown.headers.get('content-type')).toBe('image/svg+xml');
    expect(await shown.text()).toContain('<svg');
    specs.dispose();
  });

  it('runs prompts and code in our kernel', async () => {
    const session = await begin('replique', 'ours.ipynb');
    const kernel = session.kernel!;
    expect((await kernel.info).implementation).toBe('replique');
    const shown = await run(kernel, 'What is six times seven?');
    expect(shown).toContain('six times seven is 42');
    expect(shown).toContain('The answer is forty-two.');
    expect(await run(kernel, '%%python\nprint("hello", input("name? "))')).toContain('hello Ada');
    await session.shutdown();
  });

  it('runs Python’s own kernel: results, questions, interrupts, comms with buffers, restart', async () => {
    const session = await begin('python3', 'python.ipynb');
    const kernel = session.kernel!;
    expect((await kernel.info).implementation).toBe('ipython');
    expect(await run(kernel, 'print(6 * 7)')).toContain('42');
    expect(await run(kernel, 'print("hello", input("name? "))')).toContain('hello Ada');

    const begun = new Promise<void>((resolve) => {
      const future = kernel.requestExecute({
        code: 'print("begun", flush=True)\nimport time; time.sleep(600)',
      });
      future.onIOPub = ({ header }) => {
        if (header.msg_type === 'stream') resolve();
      };
    });
    await begun;
    await kernel.interrupt();

    kernel.registerCommTarget('echo', () => undefined);
    await run(
      kernel,
      'def opened(comm, _):\n  comm.on_msg(lambda m: comm.send({"n": len(m["buffers"][0])}, buffers=[bytes(m["buffers"][0]) * 2]))\n' +
        'get_ipython().kernel.comm_manager.register_target("doubler", opened)',
    );
    const comm = kernel.createComm('doubler');
    const answered = new Promise<{ n: unknown; bytes: number[] }>((resolve) => {
      comm.onMsg = ({ content, buffers }) => {
        const [view] = buffers as DataView[];
        const bytes = [...new Uint8Array(view!.buffer, view!.byteOffset, view!.byteLength)];
        resolve({ n: content.data['n'], bytes });
      };
    });
    await comm.open().done;
    await comm.send({}, undefined, [new Uint8Array([1, 2, 255]).buffer]).done;
    expect(await answered).toEqual({ n: 3, bytes: [1, 2, 255, 1, 2, 255] });

    const before = kernel.id;
    expect(await run(kernel, 'x = 1\nprint("set")')).toContain('set');
    await kernel.restart();
    expect(kernel.id).toBe(before);
    expect(await run(kernel, 'print("x" in globals())')).toContain('False');
    await session.shutdown();
    await kernels.refreshRunning();
    expect([...kernels.running()]).toEqual([]);
  });

  it('renames a session and switches its kernel; the old kernel ends', async () => {
    const session = await begin('python3', 'switch.ipynb');
    const first = session.kernel!.id;
    await Promise.all([session.setPath('folder/new.ipynb'), session.setName('new.ipynb')]);
    await session.changeKernel({ name: 'calysto_scheme' });
    expect(session.kernel!.id).not.toBe(first);
    expect((await server.request(`api/kernels/${first}`)).status).toBe(404);
    const [model] = await server.json<Session.IModel[]>('api/sessions');
    expect(model).toMatchObject({
      path: 'folder/new.ipynb',
      name: 'new.ipynb',
      kernel: { name: 'calysto_scheme' },
      notebook: { path: 'folder/new.ipynb', name: 'new.ipynb' },
    });
    expect(await run(session.kernel!, '(* 6 7)')).toContain('42');
    await session.shutdown();
  });
});
