import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labPlacesIn } from '../../support/lab-places.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

let home: string;
let server: RepliqueServer;

async function start(hasNotebook: boolean): Promise<void> {
  home = mkdtempSync(join(tmpdir(), 'rn-'));
  const places = labPlacesIn(home);
  server = await RepliqueServer.start(
    { baseUrl: '/base/' },
    [],
    hasNotebook ? places : { ...places, notebook: undefined },
  );
  mkdirSync(join(server.workspace, 'a folder', '.hidden'), { recursive: true });
  writeFileSync(join(server.workspace, 'a folder', 'ö.ipynb'), '{}');
  writeFileSync(join(server.workspace, 'text.txt'), 'text');
}
async function end(): Promise<void> {
  await server.close();
  rmSync(home, { recursive: true });
}
const redirectOf = async (path: string): Promise<[number, string | null]> => {
  const { status, headers } = await server.request(path);
  return [status, headers.get('location')];
};
/** What the script of a page is told. */
async function configOf(path: string): Promise<Record<string, unknown>> {
  const response = await server.request(path);
  const html = await response.text();
  const [, json = ''] = /id="jupyter-config-data" type="application\/json">([^<]*)</.exec(html) ?? [];
  return { status: response.status, ...(JSON.parse(json) as object) };
}

describe('Notebook’s pages', () => {
  beforeAll(() => start(true));
  afterAll(end);

  it.each([
    ['tree', 'tree', ''],
    ['tree/a%20folder/', 'tree', 'a folder'],
    ['notebooks/a%20folder/%C3%B6.ipynb', 'notebooks', undefined],
    ['notebooks/nothing.ipynb', 'notebooks', undefined],
    ['edit/text.txt', 'edit', undefined],
    ['consoles/x', 'consoles', undefined],
    ['terminals/1', 'terminals', undefined],
  ])('/%s is the page %s', async (path, notebookPage, treePath) => {
    expect(await configOf(path)).toMatchObject({
      ...{ status: 200, notebookPage, baseUrl: '/base/', fullStaticUrl: '/base/static/notebook' },
      ...{ appName: 'Jupyter Notebook', fullSettingsUrl: '/base/lab/api/settings' },
      appVersion: expect.stringMatching(/^7\./) as string,
      ...(treePath === undefined ? {} : { treePath }),
    });
  });

  it('leads from a file or folder to the page that shows it', async () => {
    expect(await redirectOf('tree/a%20folder/%C3%B6.ipynb?x=1')).toEqual([
      302,
      '/base/notebooks/a%20folder/%C3%B6.ipynb?x=1',
    ]);
    expect(await redirectOf('tree/text.txt')).toEqual([302, '/base/files/text.txt']);
    expect(await redirectOf('notebooks/a%20folder')).toEqual([302, '/base/tree/a%20folder']);
  });

  it('shows nothing that is hidden, elsewhere or not there', async () => {
    for (const path of ['nothing', 'a%20folder/.hidden', '..%2F..%2Fetc', '%2Fetc']) {
      expect([path, (await server.request(`tree/${path}`)).status]).toEqual([path, 404]);
    }
    expect((await server.request('static/notebook/..%2F_version.py')).status).toBeGreaterThanOrEqual(400);
  });

  it('asks for a login first', async () => {
    for (const path of ['tree?', 'notebooks/x.ipynb', 'terminals/1']) {
      const response = await fetch(server.url + path, { redirect: 'manual' });
      expect(response.headers.get('location')).toMatch(/^\/base\/login\?next=/);
    }
    expect((await fetch(`${server.url}custom/custom.css`)).status).toBe(403);
  });

  it('has the files that pages name, and the style sheet of its user', async () => {
    const html = await (await server.request('tree')).text();
    const [, script = ''] = /src="\/base\/(static\/notebook\/main[^"]+)"/.exec(html) ?? [];
    const loaded = await server.request(script);
    expect([loaded.status, loaded.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('javascript'),
    ]);
    for (const path of ['static/favicons/favicon.ico', 'static/notebook/favicons/favicon-console.ico']) {
      expect((await server.request(path)).headers.get('content-type')).toBe('image/png');
    }
    expect(html).toContain('href="/base/custom/custom.css"');
    expect(await (await server.request('custom/custom.css')).text()).toBe('');
    mkdirSync(join(home, '.jupyter', 'custom'), { recursive: true });
    writeFileSync(join(home, '.jupyter', 'custom', 'custom.css'), 'body { color: red }');
    const sheet = await server.request('custom/custom.css');
    expect([sheet.headers.get('content-type'), await sheet.text()]).toEqual([
      'text/css; charset=utf-8',
      'body { color: red }',
    ]);
    expect(await (await server.request('lab')).text()).not.toContain('custom.css');
  });
});

describe('without Notebook', () => {
  beforeAll(() => start(false));
  afterAll(end);

  it('its addresses lead to JupyterLab', async () => {
    expect(await redirectOf('tree?token=x')).toEqual([302, '/base/lab?token=x']);
    expect(await redirectOf('tree/a%20folder')).toEqual([302, '/base/lab/tree/a%20folder']);
    expect(await redirectOf('notebooks/a%20folder/%C3%B6.ipynb')).toEqual([
      302,
      '/base/lab/tree/a%20folder/%C3%B6.ipynb',
    ]);
    expect(await redirectOf('edit/text.txt')).toEqual([302, '/base/lab/tree/text.txt']);
    expect(await redirectOf('consoles/x')).toEqual([404, null]);
    expect(await redirectOf('custom/custom.css')).toEqual([404, null]);
  });
});
