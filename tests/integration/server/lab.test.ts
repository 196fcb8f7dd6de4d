import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabGround } from '../../support/lab-ground.ts';

const ground = new LabGround();
beforeAll(() => ground.start());
afterAll(() => ground.close());

const json = async (path: string): Promise<unknown> => (await ground.ask(path)).json();

/** What the page's script is told. */
async function configOf(where: LabGround, path: string): Promise<Record<string, unknown>> {
  const page = await (await where.ask(path)).text();
  const text = /<script id="jupyter-config-data" type="application\/json">(.*?)<\/script>/s.exec(page)?.[1];
  return JSON.parse(text ?? '') as Record<string, unknown>;
}

/** As a browser does it; `fetch` would ask for it anew. */
const conditional = (url: string, etag: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: 'token t', 'if-none-match': etag };
    get(url, { headers }, (response) => resolve(response.resume())).on('error', reject);
  });

describe('JupyterLab’s page', () => {
  it('is where its clients look for it, with all that they read', async () => {
    const home = await ground.ask('?x=1');
    expect([home.status, home.headers.get('location')]).toEqual([302, '/lab?x=1']);
    const config = await configOf(ground, 'lab');
    expect(config).toMatchObject({
      ...{ baseUrl: '/', token: 't', appVersion: expect.stringMatching(/^4\./) as string },
      ...{
        fullStaticUrl: '/static/lab',
        settingsUrl: '/lab/api/settings',
        fullSettingsUrl: '/lab/api/settings',
      },
      ...{ fullTranslationsApiUrl: '/lab/api/translations', fullLabextensionsUrl: '/lab/extensions' },
      ...{ mode: 'multiple-document', workspace: 'default', treePath: '', terminalsAvailable: true },
    });
    expect(config['federated_extensions']).toContainEqual(
      expect.objectContaining({ name: 'jupyterlab_pygments', style: './style' }),
    );
    expect(await configOf(ground, 'lab/workspaces/mine/tree/a%20b/c.ipynb')).toMatchObject({
      ...{ workspace: 'mine', treePath: 'a b/c.ipynb' },
    });
    expect(await configOf(ground, 'doc/tree/x.ipynb')).toMatchObject({ mode: 'single-document' });
    expect((await ground.ask('lab/workspaces/..%2f')).status).toBe(404);
  });

  it('has every URL below the base, and nothing in its configuration ends the script', async () => {
    const other = await new LabGround().start('/a%40b/');
    try {
      const config = await configOf(other, 'lab');
      const urls = Object.entries(config).filter(([key]) => /^full.*Url$/.test(key));
      expect(urls.length).toBeGreaterThan(8);
      for (const [key, value] of urls) expect(value, key).toMatch(/^\/a%40b\//);
      const treePath = '</script><b>&amp;';
      const hostile = `lab/tree/${encodeURIComponent(treePath)}`;
      expect(await configOf(other, hostile)).toMatchObject({ treePath });
      expect(await (await other.ask(hostile)).text()).not.toContain('<b>');
    } finally {
      await other.close();
    }
  });

  it('finds its files, which browsers keep where they have a version', async () => {
    const page = await (await ground.ask('lab')).text();
    const script = /src="\/(static\/lab\/main[^"]+)"/.exec(page)?.[1] ?? '';
    const file = await ground.ask(script);
    expect([file.status, file.headers.get('content-type')]).toEqual([
      200,
      'application/javascript; charset=utf-8',
    ]);
    expect(file.headers.get('cache-control')).toMatch(/max-age=31536000, immutable/);
    const etag = file.headers.get('etag') ?? '';
    const again = await conditional(ground.origin + script.replace(/\?.*/, ''), etag);
    expect([again.statusCode, again.headers['cache-control']]).toEqual([304, 'no-cache']);
    const remote = await ground.ask('lab/extensions/jupyterlab_pygments/package.json');
    expect(await remote.json()).toMatchObject({ name: 'jupyterlab_pygments' });
    const theme = await ground.ask('lab/api/themes/@jupyterlab/theme-light-extension/index.css');
    expect([theme.status, theme.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    for (const path of ['../schemas/x', '%2e%2e/%2e%2e/settings/overrides.json', '..%5c..%5cx', '%00']) {
      expect((await ground.ask(`static/lab/${path}`)).status, path).toBeGreaterThanOrEqual(400);
    }
  });

  it('tells nobody without a token anything', async () => {
    for (const path of [
      'lab',
      'static/lab/package.json',
      'lab/api/settings',
      'lab/api/workspaces',
      'api/terminals',
    ]) {
      const response = await fetch(ground.origin + path, { redirect: 'manual' });
      expect([302, 403], path).toContain(response.status);
      expect(await response.text()).not.toContain('jupyter-config-data');
    }
  });
});

describe('settings', () => {
  const id = '@jupyterlab/apputils-extension:themes';

  it('are those of all plugins, with the schema of each', async () => {
    const { settings } = (await json('lab/api/settings')) as { settings: Record<string, unknown>[] };
    const ids = ((await json('lab/api/settings?ids_only=true')) as { settings: { id: string }[] }).settings;
    expect(ids.map((each) => each.id)).toEqual(settings.map((each) => each['id']));
    expect(settings.length).toBeGreaterThan(60);
    expect(settings.find((each) => each['id'] === id)).toMatchObject({
      ...{
        raw: '{}',
        settings: {},
        created: null,
        last_modified: null,
        version: expect.any(String) as string,
      },
      schema: { title: 'Theme' },
    });
  });

  it('are kept as they were written, where they fit', async () => {
    const raw = '{\n  // by night\n  "theme": "JupyterLab Dark",\n}';
    const put = (text: unknown) => ground.ask(`lab/api/settings/${id}`, { method: 'PUT', body: text });
    expect((await put({ raw })).status).toBe(204);
    expect(await json(`lab/api/settings/${id}?1700000000`)).toMatchObject({
      ...{
        raw,
        settings: { theme: 'JupyterLab Dark' },
        last_modified: expect.stringMatching(/Z$/) as string,
      },
    });
    expect((await put({ raw: '{"theme": 7}' })).status).toBe(400);
    expect((await put({ raw: '{' })).status).toBe(400);
    expect((await put({ no: 1 })).status).toBe(400);
    expect(await json(`lab/api/settings/${id}`)).toMatchObject({ raw });
    writeFileSync(
      join(ground.places.userSettings, '@jupyterlab/apputils-extension/themes.jupyterlab-settings'),
      '{ no',
    );
    expect(await json(`lab/api/settings/${id}`)).toMatchObject({ raw: '{}', settings: {} });
  });

  it('are nowhere else than where they belong', async () => {
    for (const wrong of ['x', '../../etc:passwd', '@a/b:../../c', '%2e%2e%2f:x', '@no/plugin:there']) {
      const path = `lab/api/settings/${wrong}`;
      expect((await ground.ask(path)).status, wrong).toBe(404);
      expect((await ground.ask(path, { method: 'PUT', body: { raw: '{}' } })).status, wrong).toBe(404);
    }
  });

  it('have the defaults that the owner of the installation chose', async () => {
    const schema = JSON.parse(
      readFileSync(
        join(ground.places.app, 'schemas/@jupyterlab/apputils-extension/notification.json'),
        'utf8',
      ),
    ) as object;
    const other = new LabGround(join(ground.home, 'prefix'));
    const directory = join(other.places.app, 'schemas/@jupyterlab/apputils-extension');
    mkdirSync(directory, { recursive: true });
    mkdirSync(join(other.places.app, 'settings'));
    writeFileSync(join(directory, 'notification.json'), JSON.stringify(schema));
    const choice = { '@jupyterlab/apputils-extension:notification': { fetchNews: 'false' } };
    writeFileSync(join(other.places.app, 'settings', 'overrides.json'), JSON.stringify(choice));
    await other.start();
    try {
      const model = await (
        await other.ask('lab/api/settings/@jupyterlab/apputils-extension:notification')
      ).json();
      expect(model).toMatchObject({ schema: { properties: { fetchNews: { default: 'false' } } } });
    } finally {
      await other.close();
    }
  });
});

describe('workspaces', () => {
  it('are kept by name, and empty before', async () => {
    expect(await json('lab/api/workspaces/mine')).toEqual({ data: {}, metadata: { id: '/mine' } });
    const workspace = { data: { x: { y: 1 } }, metadata: { id: 'mine' } };
    const put = (name: string, body: unknown) =>
      ground.ask(`lab/api/workspaces/${name}`, { method: 'PUT', body });
    expect((await put('mine', workspace)).status).toBe(204);
    expect(await json('lab/api/workspaces/mine')).toMatchObject(workspace);
    expect(await json('lab/api/workspaces')).toMatchObject({ workspaces: { ids: ['mine'] } });
    expect((await put('other', workspace)).status).toBe(400);
    expect((await put('mine', { data: 1 })).status).toBe(400);
    expect((await ground.ask('lab/api/workspaces/mine', { method: 'DELETE' })).status).toBe(204);
    expect((await ground.ask('lab/api/workspaces/mine', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('translations', () => {
  it('are English, and what language packs there are', async () => {
    const english = { en: { displayName: 'English', nativeName: 'English' } };
    expect(await json('lab/api/translations')).toEqual({ data: english, message: '' });
    expect(await json('lab/api/translations/default')).toEqual({ data: {}, message: '' });
    const pack = join(ground.places.packages[0]!, 'jupyterlab_language_pack_de_DE/locale/de_DE/LC_MESSAGES');
    mkdirSync(pack, { recursive: true });
    writeFileSync(join(pack, 'jupyterlab.json'), '{"File": ["Datei"]}');
    expect(await json('lab/api/translations')).toMatchObject({
      data: { ...english, de_DE: { displayName: 'German (Germany)', nativeName: 'Deutsch (Deutschland)' } },
    });
    expect(await json('lab/api/translations/de_DE')).toEqual({
      ...{ data: { jupyterlab: { File: ['Datei'] } }, message: '' },
    });
    expect(await json('lab/api/translations/fr_FR')).toMatchObject({ data: {} });
    expect(await json('lab/api/translations/..%2f..')).toMatchObject({ data: {} });
  });
});

/** A page that shows a terminal. */
class Page {
  readonly socket: WebSocket;
  readonly said: unknown[][] = [];
  readonly #waiting = new Set<() => void>();

  constructor(name: string) {
    this.socket = new WebSocket(`${ground.origin.replace('http', 'ws')}terminals/websocket/${name}?token=t`);
    this.socket.on('message', (data) => {
      this.said.push(JSON.parse((data as Buffer).toString('utf8')) as unknown[]);
      for (const check of this.#waiting) check();
    });
  }

  get text(): string {
    return this.said
      .filter(([kind]) => kind === 'stdout')
      .map(([, text]) => String(text))
      .join('');
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  say(...message: unknown[]): void {
    this.socket.send(JSON.stringify(message));
  }
}

describe('terminals', () => {
  it('run a shell that several pages show, in the smallest of their sizes', async () => {
    const response = await ground.ask('api/terminals', { method: 'POST' });
    const { name } = (await response.json()) as { name: string };
    expect([response.status, name]).toEqual([200, '1']);
    const page = new Page(name);
    await page.until(() => page.said.length > 0);
    expect(page.said[0]).toEqual(['setup', {}]);
    page.say('set_size', 30, 100, 500, 800);
    page.say('stdin', 'echo $((40 + 2)) "[$JUPYTER_TOKEN]"; pwd\r');
    await page.until(() => page.text.includes('42 []'));
    await page.until(() => page.text.includes(join(ground.home, 'root')));
    const second = new Page(name);
    await second.until(() => second.text.includes('42 []'));
    second.say('set_size', 20, 120, 1, 1);
    second.say('stdin', 'stty size\r');
    await page.until(() => page.text.includes('20 100'));
    second.say('stdin', 'x'.repeat(10), 'odd');
    second.say('set_size', -1, 'x');
    second.socket.send('no json');
    page.say('stdin', 'exit\r');
    await page.until(() => page.said.some(([kind]) => kind === 'disconnect'));
    await expect.poll(() => json('api/terminals')).toEqual([]);
  });

  it('end with their programs when they are closed, and are not there twice', async () => {
    await ground.ask('api/terminals', { method: 'POST', body: { name: 'own', cwd: 'no/such' } });
    expect((await ground.ask('api/terminals', { method: 'POST', body: { name: 'own' } })).status).toBe(409);
    expect((await ground.ask('api/terminals', { method: 'POST', body: { name: '../x' } })).status).toBe(400);
    const page = new Page('own');
    page.socket.on('open', () => page.say('stdin', 'trap "" HUP; echo rea""dy; while :; do sleep 1; done\r'));
    await page.until(() => page.text.includes('ready'));
    expect((await ground.ask('api/terminals/own')).status).toBe(200);
    expect((await ground.ask('api/terminals/own', { method: 'DELETE' })).status).toBe(204);
    expect((await ground.ask('api/terminals/own')).status).toBe(404);
    await page.until(() => page.said.some(([kind]) => kind === 'disconnect'));
  });

  it('are asked for another size when nothing holds them any more, without harm', async () => {
    await ground.ask('api/terminals', { method: 'POST', body: { name: 'left' } });
    const page = new Page('left');
    page.socket.on('open', () => page.say('stdin', 'stty -echo; echo rea""dy\r'));
    await page.until(() => page.text.includes('ready'));
    const rest = 'sleep 0.3; echo >let-go; sleep 30';
    page.say('stdin', `trap "" HUP; exec sh -c '${rest}' </dev/null >/dev/null 2>&1\r`);
    let rows = 20;
    const resized = (): boolean => {
      page.say('set_size', (rows += 1), 100);
      return existsSync(join(ground.home, 'root/let-go'));
    };
    await expect.poll(resized).toBe(true);
    resized();
    expect((await ground.ask('api/terminals/left')).status).toBe(200);
    expect((await ground.ask('api/terminals/left', { method: 'DELETE' })).status).toBe(204);
  });

  it('hold a program back whose output nobody takes, and lose none of it', async () => {
    await ground.ask('api/terminals', { method: 'POST', body: { name: 'flood' } });
    const page = new Page('flood');
    await page.until(() => page.said.length > 0);
    const program = 'for i in $(seq 1 80); do seq 100000 199999; echo $i > progress; done';
    page.say('stdin', `stty -echo; ${program}; echo en""d\r`);
    await page.until(() => page.said.length > 20);
    page.socket.pause();
    const file = join(ground.home, 'root/progress');
    const progress = (): number => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0);
    for (let before = -1; before !== progress();) {
      before = progress();
      await sleep(1000);
    }
    expect(progress()).toBeLessThan(80);
    page.socket.resume();
    const last = (): string =>
      page.said
        .slice(-3)
        .map(([, text]) => String(text))
        .join('');
    await page.until(() => last().includes('end'));
    expect(page.text.match(/\b1\d{5}\r\n/g)).toHaveLength(8_000_000);
    await ground.ask('api/terminals/flood', { method: 'DELETE' });
  }, 180_000);
});

describe('events', () => {
  it('reach those who listen', async () => {
    const socket = new WebSocket(`${ground.origin.replace('http', 'ws')}api/events/subscribe?token=t`);
    socket.on('error', (error) => expect.fail(error.message));
    const heard = new Promise((resolve) => {
      socket.on('message', (data) => resolve(JSON.parse((data as Buffer).toString('utf8'))));
    });
    await new Promise((resolve) => socket.on('open', resolve));
    const schema_id = 'https://events.jupyter.org/jupyter_server/contents_service/v1';
    const post = (body: unknown) => ground.ask('api/events', { method: 'POST', body });
    expect((await post({ schema_id, version: '1', data: { action: 'get', path: 'x' } })).status).toBe(204);
    expect(await heard).toMatchObject({ schema_id, action: 'get', path: 'x', __schema__: schema_id });
    expect((await post({ schema_id, version: '2', data: {} })).status).toBe(400);
    expect((await post({ schema_id: 'x', version: '1', data: {} })).status).toBe(400);
    expect((await post({})).status).toBe(400);
    socket.close();
  });
});
