import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { labEnvDir } from '../../../kernel/paths.ts';
import { renderPage } from '../../../server/services/lab/template.ts';
import { LabGround } from '../../support/lab-ground.ts';

const grounds: LabGround[] = [];
afterEach(async () => {
  for (const ground of grounds.splice(0)) await ground.close();
});

/** A server whose JupyterLab has these files and no others. */
async function installed(files: Readonly<Record<string, unknown>>): Promise<LabGround> {
  const home = new LabGround();
  const ground = new LabGround(join(home.home, 'prefix'));
  grounds.push(home, ground);
  for (const [path, content] of Object.entries(files)) {
    const file = join(home.home, 'prefix', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return ground.start();
}
const lab = 'share/jupyter/lab';
const page = readFileSync(join(labEnvDir(), lab, 'static/index.html'), 'utf8');
const whole = {
  [`${lab}/static/index.html`]: page,
  [`${lab}/static/package.json`]: { jupyterlab: { version: '4.9.9' } },
};
const extension = (name: string, more: object = {}, build: object = {}) => ({
  [`share/jupyter/labextensions/${name}/package.json`]: {
    ...{ name, version: '1', jupyterlab: { _build: { load: 'x.js', ...build }, ...more } },
  },
});
async function configOf(ground: LabGround): Promise<Record<string, unknown>> {
  const text = await (await ground.ask('lab')).text();
  const json = /<script id="jupyter-config-data" type="application\/json">(.*?)<\/script>/s.exec(text)?.[1];
  return JSON.parse(json ?? '') as Record<string, unknown>;
}
const json = async (ground: LabGround, path: string): Promise<unknown> => (await ground.ask(path)).json();

describe('a JupyterLab that is not what it should be', () => {
  it('has no page where it is not there, or is not whole', async () => {
    expect((await (await installed({})).ask('lab')).status).toBe(404);
    const half = await installed({ [`${lab}/static/index.html`]: page });
    expect((await half.ask('lab')).status).toBe(500);
    const unknown = { ...whole, [`${lab}/static/index.html`]: '{% include "x" %}' };
    expect((await (await installed(unknown)).ask('lab')).status).toBe(500);
    const folder = await installed({ [`${lab}/static/index.html/in`]: 'the way' });
    expect((await folder.ask('lab')).status).toBe(404);
    const ground = await installed(whole);
    truncateSync(join(ground.places.app, 'static/index.html'), 9 * 2 ** 20);
    expect((await ground.ask('lab')).status).toBe(500);
  });

  it('goes without the extensions that can’t be used, and takes each once', async () => {
    const ground = await installed({
      ...whole,
      ...extension('good', { disabledExtensions: ['replaced'] }, { style: './style' }),
      ...extension('@scope/inner'),
      ...extension('off', { disabledExtensions: ['kept'] }),
      'share/jupyter/labextensions/broken/package.json': '{',
      'share/jupyter/labextensions/other/package.json': {
        name: 'another',
        jupyterlab: { _build: { load: 'x' } },
      },
      'share/jupyter/labextensions/empty/x': '',
      'share/jupyter/labextensions/@file': 'no folder',
      'etc/jupyter/labconfig/page_config.json': {
        ...{ disabledExtensions: { off: true, on: false }, lockedExtensions: ['locked'] },
      },
    });
    const own = join(ground.home, 'data/labextensions/good');
    mkdirSync(own, { recursive: true });
    const about = { name: 'good', jupyterlab: { _build: { load: 'mine.js' } } };
    writeFileSync(join(own, 'package.json'), JSON.stringify(about));
    const config = await configOf(ground);
    const found = (config['federated_extensions'] as { name: string; load: string }[]).filter(({ name }) =>
      /good|inner|off|broken|other|another|empty/.test(name),
    );
    expect(found).toEqual([
      { name: 'good', load: 'mine.js' },
      { name: '@scope/inner', load: 'x.js' },
      { name: 'off', load: 'x.js' },
    ]);
    expect(config).toMatchObject({ disabledExtensions: ['off'], lockedExtensions: ['locked'] });
  });

  it('has the settings that can be read, with the defaults of their owner', async () => {
    const place = `${lab}/schemas/@a/b`;
    const nested = { properties: { deep: { default: { x: 1, y: 1 } }, flat: {} } };
    const ground = await installed({
      ...whole,
      [`${place}/good.json`]: nested,
      [`${place}/package.json.orig`]: { version: '7' },
      [`${place}/broken.json`]: '{',
      [`${lab}/settings/overrides.json5`]:
        '{ // chosen\n "@a/b:good": { deep: { y: 2 }, flat: 3, more: 4 } }',
    });
    const model = (await json(ground, 'lab/api/settings/@a/b:good')) as Record<string, unknown>;
    expect(model).toMatchObject({
      version: '7',
      schema: {
        properties: { deep: { default: { x: 1, y: 2 } }, flat: { default: 3 }, more: { default: 4 } },
      },
    });
    expect((await ground.ask('lab/api/settings/@a/b:broken')).status).toBe(404);
    const ids = (await json(ground, 'lab/api/settings/?ids_only=true')) as { settings: object[] };
    expect(ids.settings).toEqual([{ id: '@a/b:good' }, { id: '@a/b:broken' }]);
    expect((await json(ground, 'lab/api/settings/')) as object).toMatchObject({
      settings: [{ id: '@a/b:good' }],
    });
    for (const raw of ['[]', 'null', '7']) {
      const put = { method: 'PUT', body: { raw } };
      const refused = await ground.ask('lab/api/settings/@a/b:good', put);
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('no object')]);
    }
    const place2 = join(ground.places.userSettings, '@a/b');
    mkdirSync(place2, { recursive: true });
    writeFileSync(join(place2, 'good.jupyterlab-settings'), '  \n');
    expect(await json(ground, 'lab/api/settings/@a/b:good')).toMatchObject({
      raw: '{}',
      last_modified: null,
    });
    writeFileSync(join(ground.places.app, 'settings/overrides.json5'), '[');
    expect(await json(ground, 'lab/api/settings/@a/b:good')).toMatchObject({ schema: nested });
  });

  it('has packs of languages with and without a country, and for none that there is not', async () => {
    const ground = await installed(whole);
    for (const locale of ['fr', 'xx_YY']) {
      const name = `jupyterlab_language_pack_${locale}/locale/${locale}/LC_MESSAGES`;
      mkdirSync(join(ground.places.packages[0]!, name), { recursive: true });
    }
    mkdirSync(join(ground.places.packages[0]!, 'numpy'));
    const { data } = (await json(ground, 'lab/api/translations')) as { data: Record<string, object> };
    expect(data).toMatchObject({
      fr: { displayName: 'French', nativeName: 'français' },
      xx_YY: { displayName: expect.stringContaining('xx') as string },
    });
    expect(await json(ground, 'lab/api/translations/fr')).toEqual({ data: {}, message: '' });
    expect(await json(ground, 'lab/api/translations/xx-YY')).toEqual({ data: {}, message: '' });
    expect(await json(ground, 'lab/api/translations/en')).toEqual({ data: {}, message: '' });
    expect(await json(ground, 'lab/api/translations/no_such_form')).toMatchObject({
      message: expect.stringContaining('no language') as string,
    });
    expect(await json(ground, 'lab/api/translations/de')).toMatchObject({
      message: expect.stringContaining('pack for de') as string,
    });
  });

  it('has workspaces of any name but none, and passes over files that are none', async () => {
    const ground = await installed(whole);
    const put = (path: string, id: string) =>
      ground.ask(`lab/api/workspaces/${path}`, { method: 'PUT', body: { data: {}, metadata: { id } } });
    expect((await put('a%2520b', '/a%2520b')).status).toBe(204);
    expect((await put('100%25', '100%')).status).toBe(204);
    expect((await put('', 'x')).status).toBe(400);
    expect((await put('x'.repeat(1001), 'x')).status).toBe(400);
    writeFileSync(join(ground.places.workspaces, 'odd.jupyterlab-workspace'), '{}');
    const { workspaces } = (await json(ground, 'lab/api/workspaces/')) as { workspaces: { ids: string[] } };
    expect(workspaces.ids.toSorted()).toEqual(['/a%2520b', '100%']);
    expect(await json(ground, 'lab/api/workspaces/%2Fslashed')).toEqual({
      ...{ data: {}, metadata: { id: '/slashed' } },
    });
  });
});

describe('the page’s template', () => {
  it('may name parts of the configuration, which end nothing that they stand in', () => {
    const template =
      '{# said #}{% block x %}<a href="{{ base_url | escape }}" title="{{page_config[\'appName\']}}">' +
      '{{ page_config.missing | e }}</a>{% endblock x %}{% if custom_css %}css{% endif %}{{ page_config_full | tojson }}';
    const config = { baseUrl: '/a"b/', appName: `<'&'>`, x: '{{ no part }}</script>' };
    expect(renderPage(template, config)).toBe(
      '<a href="/a&quot;b/" title="&lt;&#39;&amp;&#39;&gt;"></a>' +
        '{"baseUrl":"/a\\"b/","appName":"\\u003c\'\\u0026\'\\u003e","x":"{{ no part }}\\u003c/script\\u003e"}',
    );
  });
});

describe('what pages say over a WebSocket', () => {
  const begin = async (): Promise<LabGround> => {
    const ground = new LabGround();
    grounds.push(ground);
    return ground.start();
  };
  const open = async (ground: LabGround, path: string): Promise<WebSocket> => {
    const socket = new WebSocket(`${ground.origin.replace('http', 'ws')}${path}?token=t`);
    await new Promise((resolve) => socket.once('open', resolve));
    return socket;
  };

  it('means nothing to a terminal where it is none of its words', async () => {
    const ground = await begin();
    expect((await ground.ask('api/terminals', { method: 'POST', body: { name: 7 } })).status).toBe(400);
    mkdirSync(join(ground.home, 'root/folder'));
    await ground.ask('api/terminals', { method: 'POST', body: { cwd: 'folder' } });
    const [socket, other] = await Promise.all([
      open(ground, 'terminals/websocket/1'),
      open(ground, 'terminals/websocket/1'),
    ]);
    let text = '';
    socket.on('message', (data) => {
      const [kind, said] = JSON.parse((data as Buffer).toString('utf8')) as [string, string];
      if (kind === 'stdout') text += said;
    });
    for (const frame of [
      Buffer.from('["stdin", "exit\\r"]'),
      '{',
      '7',
      '["stdin", 7]',
      '["set_size", 0, 0]',
    ]) {
      socket.send(frame);
    }
    other.send('["set_size", 33, 44]');
    other.send('["stdin", "pwd; stty size\\r"]');
    await expect.poll(() => text).toMatch(/root\/folder\r\n33 44/);
    socket.send('["set_size", 50, 100]');
    const gone = new Promise((resolve) => other.once('close', resolve));
    other.close();
    await gone;
    await expect
      .poll(
        () => {
          socket.send('["stdin", "stty size\\r"]');
          return text;
        },
        { interval: 200 },
      )
      .toContain('50 100');
    const second = (await (await ground.ask('api/terminals', { method: 'POST' })).json()) as object;
    expect(second).toMatchObject({ name: '2' });
    const unsized = await open(ground, 'terminals/websocket/2');
    const left = new Promise((resolve) => unsized.once('close', resolve));
    unsized.close();
    await left;
    const ended = new Promise((resolve) => socket.once('close', resolve));
    for (const name of ['1', '2']) {
      expect((await ground.ask(`api/terminals/${name}`, { method: 'DELETE' })).status).toBe(204);
    }
    await ended;
  });

  it('ends a listener to events who takes none of them, and tells the others', async () => {
    const ground = await begin();
    const [slow, other] = await Promise.all([
      open(ground, 'api/events/subscribe'),
      open(ground, 'api/events/subscribe'),
    ]);
    slow.pause();
    const heard: unknown[] = [];
    other.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString('utf8'))));
    const schema_id = 'https://events.jupyter.org/jupyter_server/kernel_actions/v1';
    const post = (body: unknown) => ground.ask('api/events', { method: 'POST', body });
    const event = {
      schema_id,
      version: 1,
      timestamp: '2026-01-02T03:04:05+00:00Z',
      data: { x: 'x'.repeat(10 ** 6) },
    };
    for (let count = 0; count < 30; count += 1) expect((await post(event)).status).toBe(204);
    expect((await post({ ...event, timestamp: 'yesterday' })).status).toBe(400);
    await expect.poll(() => heard.length).toBe(30);
    expect(heard[0]).toMatchObject({ __timestamp__: event.timestamp });
    const ended = new Promise((resolve) => slow.once('close', resolve));
    slow.resume();
    expect(await ended).toBe(1006);
    other.close();
  });
});
