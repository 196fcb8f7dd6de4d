import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PageConfig } from '@jupyterlab/coreutils';
import { ServerConnection, ServiceManager, type Event, type Terminal } from '@jupyterlab/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labPlacesIn } from '../../support/lab-places.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** All that JupyterLab's page asks of a server, by the library that it asks with, set up with what the page is told. */
describe('JupyterLab’s ServiceManager on our server', { timeout: 60_000 }, () => {
  let top: string;
  let server: RepliqueServer;
  let manager: ServiceManager;
  const failures: Error[] = [];

  beforeAll(async () => {
    top = mkdtempSync(join(tmpdir(), 'rlm-'));
    server = await RepliqueServer.start({}, [], labPlacesIn(top));
    const page = await (await server.request('lab')).text();
    const config = /<script id="jupyter-config-data" type="application\/json">(.*?)<\/script>/s.exec(
      page,
    )?.[1];
    for (const [name, value] of Object.entries(JSON.parse(config ?? '') as object))
      PageConfig.setOption(name, typeof value === 'string' ? value : JSON.stringify(value));
    const { baseUrl, wsUrl, token } = server.settings;
    const serverSettings = ServerConnection.makeSettings({
      ...{ baseUrl, wsUrl, token, appUrl: PageConfig.getOption('appUrl') },
    });
    manager = new ServiceManager({ serverSettings, standby: 'never' });
    manager.connectionFailure.connect((_sender, error) => void failures.push(error));
    await manager.ready;
  });
  afterAll(async () => {
    manager.dispose();
    await server.close();
    rmSync(top, { recursive: true, force: true });
  });

  it('reads and writes settings', async () => {
    const id = '@jupyterlab/apputils-extension:themes';
    const before = await manager.settings.fetch(id);
    expect(before).toMatchObject({ id, raw: '{}', schema: { title: 'Theme' } });
    const raw = '{\n  // at night\n  "theme": "JupyterLab Dark"\n}';
    await manager.settings.save(id, raw);
    expect(await manager.settings.fetch(id)).toMatchObject({ raw });
    const { ids } = await manager.settings.list();
    expect(ids).toContain(id);
    await expect(manager.settings.save(id, '{')).rejects.toThrow();
    expect(await manager.settings.fetch(id)).toMatchObject({ raw });
    await expect(manager.settings.fetch('no-such:plugin')).rejects.toThrow();
  });

  it('uses a terminal, comes back to it, and closes it', async () => {
    expect(manager.terminals.isAvailable()).toBe(true);
    await manager.contents.save('folder', { type: 'directory' });
    const terminal = await manager.terminals.startNew({ name: 'one', cwd: 'folder' });
    const shown = textOf(terminal);
    terminal.send({ type: 'set_size', content: [30, 90, 500, 800] });
    terminal.send({ type: 'stdin', content: ['pwd; stty size; echo $((6 * 7))\r'] });
    await expect.poll(shown, { timeout: 20_000 }).toMatch(/\/folder\s[^]*30 90\s[^]*42\s/);
    await manager.terminals.refreshRunning();
    expect([...manager.terminals.running()]).toEqual([{ name: 'one' }]);

    const again = manager.terminals.connectTo({ model: { name: 'one' } });
    await expect.poll(textOf(again), { timeout: 20_000 }).toContain('42');
    const gone = new Promise((resolve) => terminal.disposed.connect(resolve));
    await manager.terminals.shutdown('one');
    await gone;
    expect([...manager.terminals.running()]).toEqual([]);
    await expect(manager.terminals.startNew({ name: '../x' })).rejects.toThrow();
  });

  it('hears of files and kernels, and what others tell', async () => {
    const heard: Event.Emission[] = [];
    manager.events.stream.connect((_sender, event) => void heard.push(event));
    const schema = 'https://events.jupyter.org/jupyter_server/contents_service/v1';
    const told = { schema_id: schema, version: '1', data: { action: 'get', path: 'told.txt' } };
    // A subscription takes a moment.
    await expect
      .poll(async () => {
        await manager.events.emit(told);
        return heard;
      })
      .toContainEqual(expect.objectContaining({ schema_id: schema, action: 'get', path: 'told.txt' }));
    await manager.contents.save('new.txt', { type: 'file', format: 'text', content: 'x' });
    const kernel = await manager.kernels.startNew({ name: 'python3' });
    await expect
      .poll(() => heard)
      .toEqual(
        expect.arrayContaining([
          expect.objectContaining({ action: 'save', path: 'new.txt' }),
          expect.objectContaining({ action: 'start', kernel_id: kernel.id, kernel_name: 'python3' }),
        ]),
      );
    await kernel.shutdown();
    await expect(manager.events.emit({ ...told, schema_id: 'http://no.invalid/x' })).rejects.toThrow();
  });

  it('runs a notebook’s session', async () => {
    const options = { path: 'n.ipynb', name: 'n.ipynb', type: 'notebook', kernel: { name: 'python3' } };
    const session = await manager.sessions.startNew(options);
    const reply = await session.kernel!.requestExecute({ code: '6 * 7' }).done;
    expect(reply.content).toMatchObject({ status: 'ok', execution_count: 1 });
    await session.shutdown();
    await manager.sessions.refreshRunning();
    expect([...manager.sessions.running()]).toEqual([]);
  });

  it('keeps workspaces, and knows the formats of exports', async () => {
    const workspace = { data: { 'layout-restorer:data': { main: {} } }, metadata: { id: 'mine' } };
    await manager.workspaces.save('mine', workspace);
    expect(await manager.workspaces.fetch('mine')).toMatchObject(workspace);
    expect((await manager.workspaces.list()).ids).toEqual(['mine']);
    await manager.workspaces.remove('mine');
    expect((await manager.workspaces.list()).ids).toEqual([]);
    expect(Object.keys(await manager.nbconvert.getExportFormats())).toContain('html');
  });

  it('and nothing of it had to be asked for again', () => {
    expect(failures).toEqual([]);
  });
});

/** What a terminal has shown since this was called. */
function textOf(terminal: Terminal.ITerminalConnection): () => string {
  let text = '';
  terminal.messageReceived.connect((_sender, { type, content }) => {
    if (type === 'stdout') text += String(content?.[0]);
  });
  return () => text;
}
