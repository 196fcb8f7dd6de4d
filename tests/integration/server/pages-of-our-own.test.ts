import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { helperStep, OverviewGround } from '../../support/overview-ground.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const first = '11111111-1111-4111-8111-111111111111';
const hostile = '22222222-2222-4222-8222-222222222222';
const lost = '33333333-3333-4333-8333-333333333333';
const attack = `<img src=x onerror=alert(1)>"'\`<script>alert(2)</script>\u202e`;

describe('the pages at /replique', { timeout: 90_000 }, () => {
  let server: RepliqueServer;
  let browser: Browser;
  beforeAll(async () => {
    server = await RepliqueServer.start({ baseUrl: '/user/ada' });
    const data = join(server.top, 'xdg', 'replique');
    vi.stubEnv('XDG_DATA_HOME', join(server.top, 'xdg'));
    vi.stubEnv('REPLIQUE_AUDIT_DIR', join(data, 'audit'));
    mkdirSync(data, { recursive: true });
    const ground = new OverviewGround(data);
    const notebook = '/home/ada/runs/slow.ipynb';
    await ground.session(first, { notebook });
    await ground.session(lost, {
      ...{ process: { pid: 2 ** 22 - 1, started: 'x-1' }, title: 'Plot the temperatures of 2025 by month' },
      ...{
        notebook: '/home/ada/weather.ipynb',
        model: { provider: 'groq', model: 'gpt-oss-20b' },
        prompts: 8,
      },
      at: new Date(Date.now() - 2 * 86_400_000).toISOString(),
    });
    ground.calls(first, notebook, [
      [412, 96, 1],
      [780, 143, 0],
      [722, 120, 0, 0.0011],
    ]);
    ground.calls(
      lost,
      '/home/ada/weather.ipynb',
      [
        [5210, 804, 2, 0.0042],
        [9120, 1310, 3, 0.0068],
      ],
      'gpt-oss-20b',
    );
    ground.timeline(
      first,
      [
        {
          words: 'Which of these runs were slow, and why?',
          turns: 3,
          tokens: 1914,
          cost: 0.0011,
          ms: 6100,
          steps: [helperStep(), helperStep()],
        },
        {
          words: 'Plot the two slow ones',
          turns: 2,
          tokens: 1210,
          ms: 4200,
          steps: [helperStep('error'), helperStep()],
        },
        { words: '%%python runs.describe()', kind: 'code', ms: 80 },
        { words: 'Is it the lock?', turns: 1, tokens: 640, failed: true, ms: 2100, parent: 2 },
      ],
      { head: 4, on: 'main', tips: { main: 4, 'try 2': 3 } },
    );
    ground.audit(first);
    await ground.session(hostile, {
      title: attack,
      notebook: `/x/${attack}`,
      model: { provider: attack.slice(0, 40), model: attack },
    });
    ground.calls(hostile, attack, [[1, 1, 0]], attack);
    ground.timeline(hostile, [{ words: attack, turns: 1, tokens: 9 }], {
      head: 1,
      on: 'main',
      tips: { main: 1, [attack.slice(0, 60)]: 1 },
    });
    ground.audit(hostile, attack);
    const damaged = `${'a'.repeat(16)}-${'b'.repeat(16)}-44444444-4444-4444-8444-444444444444.json`;
    writeFileSync(join(data, 'sessions', damaged), '{"version":1,"session":"x","talk":');
    symlinkSync('/etc/passwd', join(data, 'sessions', damaged.replaceAll('4', '5')));
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const html = async (path: string): Promise<string> => {
    const answer = await server.request(`replique${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none';.*script-src 'self';/);
    expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
    return answer.text();
  };

  async function open(path: string, options: object = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
    page.on('dialog', (dialog) => {
      throw new Error(`A script ran: ${dialog.message()}`);
    });
    await page.goto(`${server.url}replique${path}?token=secret-token`);
    return page;
  }

  it('lead who has not logged in to the login, and have no session that there is not', async () => {
    const answer = await fetch(`${server.url}replique`, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('/user/ada/login?next=%2Fuser%2Fada%2Freplique');
    for (const id of ['55555555-5555-4555-8555-555555555555', '..%2f..%2fetc', 'x']) {
      expect((await server.request(`replique/sessions/${id}`)).status).toBe(404);
    }
  });

  it('list sessions with state, model, tokens and cost, the last first, and no file that is damaged', async () => {
    const page = await open('');
    const rows = await page.locator('tbody tr').allInnerTexts();
    expect(rows).toHaveLength(3);
    expect(rows[1]).toMatch(
      /slow, and why\?\s+\/home\/ada\/runs\/slow\.ipynb\s+● running\s+ollama:qwen2\.5-coder:7b\s+3\s+1 914 → 359\s+≥ \$0\.0011/,
    );
    expect(rows[2]).toMatch(/! lost\s+groq:gpt-oss-20b\s+8\s+14 330 → 2 114\s+\$0\.0110/);
    await page.getByRole('link', { name: 'Which of these runs were slow' }).click();
    await expect.poll(() => page.title()).toBe('Which of these runs were slow, and why? · Replique');
    await page.close();
  });

  it('show a session: its cells, its branches, its sandbox’s limits and what was refused', async () => {
    const page = await open(`/sessions/${first}`);
    const cells = await page.getByRole('table', { name: 'Cells' }).locator('tbody tr').allInnerTexts();
    expect(cells.map((each) => each.replaceAll(/\s+/g, ' '))).toEqual([
      '[1] Which of these runs were slow, and why? 3 2 1 914 $0.0011 6.1 s done',
      '[2] Plot the two slow ones 2 2 (1 failed) 1 210 – 4.2 s done',
      '[3] %%python runs.describe() – 0 – – 0.1 s done, on another branch',
      '[4] Is it the lock? 1 0 640 – 2.1 s failed',
    ]);
    const branches = await page.getByRole('table', { name: 'Branches' }).innerText();
    expect(branches.replaceAll(/\s+/g, ' ')).toBe('Branch Cells main (current) 3 try 2 3');
    expect(await page.locator('.chart rect').count()).toBe(4);
    const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
    for (const said of ['Memory 4 096 MB', 'Processor time 3 600 s', 'Profile strict', 'pypi.org:443'])
      expect(text).toContain(said);
    const refusals = await page.getByRole('table', { name: 'Refusals' }).locator('td.main').allInnerTexts();
    expect(refusals).toEqual([
      'network files.example.org:443 (not allowed)',
      'capability network',
      'limit cpu: 3601 of 3600',
      'output text/html',
      'file .bashrc',
    ]);
    await page.close();
  });

  it('show what was used by day, model and notebook', async () => {
    const page = await open('/usage');
    const models = await page.getByRole('table', { name: 'By model' }).locator('tbody tr').allInnerTexts();
    expect(models[0]).toMatch(/ollama:gpt-oss-20b\s+2\s+14 330 → 2 114\s+\$0\.0110/);
    expect(models[1]).toMatch(/ollama:qwen2\.5-coder:7b\s+3\s+1 914 → 359\s+≥ \$0\.0011/);
    expect(await page.getByRole('table', { name: 'By day' }).locator('tbody tr').count()).toBe(4);
    expect(await page.getByRole('table', { name: 'By notebook' }).innerText()).toContain('weather.ipynb');
    expect(await html('/usage?days=1')).not.toContain('weather.ipynb');
    expect(await html('/usage?days=x')).toContain('The last 30 days');
    await page.close();
  });

  it('run the system check when the button is pressed, and only then', async () => {
    expect((await server.request('replique/check', { method: 'POST' })).status).toBe(200); // with the token
    const page = await open('/check');
    await page.getByRole('button', { name: 'Run the check' }).click();
    await page.getByRole('status').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('table', { name: 'System check' }).innerText()).toContain('Node');
    await page.setViewportSize({ width: 390, height: 844 });
    const row = page.getByRole('row').filter({ hasText: 'Node' });
    expect(await row.locator('[data-label=State]').isVisible()).toBe(true);
    expect(await row.locator('[data-label=Remedy]').isVisible()).toBe(false);
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const forged = await fetch(`${server.url}replique/check`, {
      method: 'POST',
      headers: { cookie: cookies },
    });
    expect(forged.status).toBe(403);
    await page.close();
  });

  it('show what others have written as text', async () => {
    for (const path of ['', `/sessions/${hostile}`, '/usage']) {
      const text = await html(path);
      expect(text).not.toMatch(/<img|<script>|\son\w+="/);
      expect(text).toContain('&lt;script&gt;');
      expect(text).toContain('⟦U+202E⟧');
      const page = await open(path);
      expect(await page.locator('img').count()).toBe(0);
      await page.close();
    }
  });

  it.each(['light', 'dark'] as const)(
    'can be read with ease in %s, by everybody and on a phone',
    async (colorScheme) => {
      for (const path of ['', `/sessions/${first}`, '/usage', '/check']) {
        const page = await open(path, { colorScheme, viewport: { width: 390, height: 844 } });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
        expect(await page.locator('html[lang=en]').count()).toBe(1);
        expect(await page.getByRole('main').count()).toBe(1);
        expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
        expect(await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').count()).toBe(3);
        expect(await page.locator('[aria-current=page]').count()).toBe(1);
        expect(await page.evaluate(unlabelled)).toEqual([]);
        expect(await page.evaluate(lowContrast)).toEqual([]);
        await page.keyboard.press('Tab');
        expect(await page.evaluate('document.activeElement.className')).toBe('skip');
        await page.close();
      }
    },
  );

  it.each([390, 1200])('keep what they say in its place at %d pixels', async (width) => {
    for (const path of ['', `/sessions/${first}`]) {
      const page = await open(path, { viewport: { width, height: 844 } });
      expect(await page.evaluate(spilled)).toEqual([]);
      await page.close();
    }
  });

  it('come up to date by themselves while nobody is in them, and work without a script', async () => {
    const page = await open('');
    await page.clock.install();
    await page.reload();
    await page.evaluate("document.querySelector('main h1').textContent = 'old'");
    await page.clock.fastForward(16_000);
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    await page.close();
    const plain = await open('', { javaScriptEnabled: false });
    expect(await plain.locator('tbody tr').count()).toBe(3);
    await plain.close();
  });
});

/** Links, buttons and images that nothing names. */
const unlabelled = `[...document.querySelectorAll('a, button, svg, table')]
  .filter((each) => !(each.getAttribute('aria-label') || each.textContent).trim()).map((each) => each.outerHTML)`;

/** Facts that are wider than their boxes. */
const spilled = `[...document.querySelectorAll('.facts dd')]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)`;

/** Texts whose contrast is below 4.5 : 1, after WCAG 2.2, 1.4.3. */
const lowContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (color) => rgb(color).slice(0, 3).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const backOf = (each) => { for (let at = each; at; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor; if (rgb(color)[3] > 0) return color; } return 'white'; };
  return [...document.querySelectorAll('body *')].filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && !each.closest('svg'))
    .map((each) => { const [a, b] = [light(getComputedStyle(each).color), light(backOf(each))].sort((x, y) => y - x); return { text: each.textContent.slice(0, 40), ratio: (a + 0.05) / (b + 0.05) }; })
    .filter(({ ratio }) => ratio < 4.5);
})()`;
