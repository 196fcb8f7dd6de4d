import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabGround } from '../../support/lab-ground.ts';

let ground: LabGround;
beforeAll(async () => {
  ground = await new LabGround().start('/base/');
});
afterAll(() => ground.close());

interface Browser {
  readonly cookie: string;
  readonly xsrf: string;
}
const ask = (path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
  fetch(new URL(path, ground.origin), {
    ...{ redirect: 'manual', headers, method: body === undefined ? 'GET' : 'POST' },
    ...(body === undefined ? {} : { body }),
  });
const cookiesOf = (response: Response): string[] =>
  response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');

/** A browser that has opened the login. */
async function visitor(): Promise<Browser> {
  const response = await ask('/base/login');
  const [, xsrf = ''] = /name="_xsrf" value="([^"]+)"/.exec(await response.text()) ?? [];
  return { cookie: cookiesOf(response).join('; '), xsrf };
}
const login = ({ cookie, xsrf }: Browser, fields: Record<string, string>, query = ''): Promise<Response> =>
  ask(
    `/base/login${query}`,
    { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    new URLSearchParams({ _xsrf: xsrf, ...fields }).toString(),
  );

describe('who opens a page without having shown who they are', () => {
  it('is led to the login, and from there to the page; what is no page is refused', async () => {
    for (const path of [
      '',
      'lab?x=1',
      'lab/tree/a%20b.ipynb',
      'lab/workspaces/w',
      'lab/workspaces/w/tree/x',
      'doc',
    ]) {
      const response = await ask(`/base/${path}`);
      const next = encodeURIComponent(`/base/${path}`);
      expect([response.status, response.headers.get('location')]).toEqual([302, `/base/login?next=${next}`]);
      expect(await response.text()).toBe('');
    }
    for (const path of ['static/lab/package.json', 'lab/api/settings', 'api/terminals', 'nowhere']) {
      expect((await ask(`/base/${path}`)).status, path).toBe(403);
    }
    const browser = await visitor();
    const response = await login(browser, { password: 't' }, '?next=%2Fbase%2Flab%3Fx%3D1');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/base/lab?x=1']);
    const cookie = `${browser.cookie}; ${cookiesOf(response).join('; ')}`;
    const page = await ask('/base/lab?x=1', { cookie });
    expect([page.status, page.headers.getSetCookie()]).toEqual([200, []]);
    expect(await page.text()).toContain('jupyter-config-data');
    // Without the cookie that its scripts need, it gets one.
    const bare = await ask('/base/lab', { cookie: cookiesOf(response).join('; ') });
    expect(cookiesOf(bare)).toEqual([expect.stringMatching(/^_xsrf=/)]);
  });

  it('stays below the base after the login, wherever they came from', async () => {
    const browser = await visitor();
    for (const next of ['/elsewhere', '/base/../elsewhere', '//evil.example/base/', '/base/\\evil', '']) {
      const response = await login(browser, { password: 't' }, `?next=${encodeURIComponent(next)}`);
      expect([next, response.headers.get('location')]).toEqual([next, '/base/']);
    }
    expect((await login(browser, { password: 't' })).headers.get('location')).toBe('/base/');
  });

  it('gets in by no form without a password, and by none that is no form', async () => {
    const browser = await visitor();
    expect((await login(browser, {})).status).toBe(401);
    const json = { cookie: browser.cookie, 'content-type': 'application/json' };
    const body = JSON.stringify({ password: 't', _xsrf: browser.xsrf });
    expect((await ask('/base/login', json, body)).status).toBe(403);
    const header = { cookie: browser.cookie, 'x-xsrftoken': browser.xsrf };
    expect((await ask('/base/login', { ...header, 'content-type': 'application/json' }, body)).status).toBe(
      401,
    );
    expect((await ask('/base/login', header, 'x'.repeat(20_000))).status).toBeGreaterThanOrEqual(400);
    const form = { ...header, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('/base/login', form, 'x'.repeat(20_000))).status).toBe(413);
  });

  it('may follow a link from another site to a page, which nothing there can load otherwise', async () => {
    const response = await login(await visitor(), { password: 't' });
    const cookie = cookiesOf(response).join('; ');
    // As a browser does it: `fetch` says itself how it loads.
    const from = (site: string, mode: string, dest: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
        get(`${ground.origin}lab`, { headers }, (answer) => resolve(answer.resume().statusCode)).on(
          'error',
          reject,
        );
      });
    expect(await from('cross-site', 'navigate', 'document')).toBe(200);
    expect(await from('same-site', 'navigate', 'document')).toBe(200);
    expect(await from('cross-site', 'navigate', 'iframe')).toBe(404);
    expect(await from('same-site', 'no-cors', 'script')).toBe(404);
    expect(await from('same-origin', 'no-cors', 'script')).toBe(200);
    const away = await ask('/base/logout', { cookie });
    expect([away.status, away.headers.get('location')]).toEqual([302, '/base/login']);
  });
});
