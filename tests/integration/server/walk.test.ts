import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { helper } from '../../support/jupyter.ts';
import { LabUser } from '../../support/lab-user.ts';
import { testPython } from '../../support/python.ts';
import { ServedPages } from '../../support/served-page.ts';

const longMs = 60_000;

/** What JupyterLab and Chromium do on purpose, or can't help. */
const expectedFaults = [
  // JupyterLab asks of each document that it lists as recent whether it is still there: this one has been renamed.
  /(?:^404: | 404 \(Not Found\) )\S+\/api\/contents\/Untitled\.ipynb\?content=0&\S*$/,
  // JupyterLab 4.6 sometimes stumbles over cells of a notebook that it restores; it does with jupyter_server, too.
  /^script: Cannot read properties of null \(reading 'observe'\)$/,
  // What the page itself gives up: what is on its way when it is loaded again. Chromium sometimes says so of a stream that was read to
  // its end, too. A server that fails gives another error.
  /^failed: \S+ net::ERR_ABORTED$/,
];

const artifacts = join(import.meta.dirname, '..', '..', '..', 'artifacts', 'walk');

const plot = helper(`import pandas as pd
sales = pd.DataFrame({"month": ["January", "February", "March"], "sold": [12, 19, 31]})
sales.plot.bar(x="month", y="sold", rot=0)
sales`);
const waits = helper(`import os, time
print("be" + "gun", flush=True)
while not os.path.exists("go"): time.sleep(0.05)
print("went on")`);
const words = (word: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${word}${n + 1}`).join(' ');

const replies = [
  { text: `${words('look', 40)}\n${plot}`, chunk: 8, delayMs: 100, match: 'Plot the sales' },
  { text: 'March was **the best month**.', match: 'February' },
  { text: words('long', 5000), chunk: 8, delayMs: 30, match: 'Tell me a story' },
  { text: 'Once upon a time it was *short*.', match: 'Tell me a story' },
  { text: `${words('count', 150)}\n${waits}`, chunk: 8, delayMs: 30, match: 'Count slowly' },
  { text: 'This is the **end**.', match: 'went on' },
  { text: 'It was *March* again.', match: 'Which month' },
  { text: 'I *only name* them.', match: 'Name the months' },
];

const slider = `%%python
import ipywidgets as widgets
from IPython.display import display
slider = widgets.IntSlider(value=3, description="Size")
shown = widgets.HTML("<b>three</b>")
slider.observe(lambda change: setattr(shown, "value", f"<em>now {change['new']}</em>"), "value")
display(slider, shown)`;

/** A person's way through JupyterLab, step by step on one page. Each step leaves a screenshot. */
describe.each(['/', '/a%40b/'])('JupyterLab below %s', { timeout: 180_000 }, (baseUrl) => {
  const shots = join(artifacts, baseUrl === '/' ? 'root' : 'below-a%40b');
  let home: string;
  let pages: ServedPages;
  let user: LabUser;
  let isBroken = false;
  let step = 0;

  beforeAll(async () => {
    rmSync(shots, { recursive: true, force: true });
    mkdirSync(shots, { recursive: true });
    home = mkdtempSync(join(tmpdir(), 'rw-'));
    const share = join(dirname(dirname(testPython())), 'share', 'jupyter', 'labextensions');
    pages = await ServedPages.start(home, { baseUrl }, replies, [share]);
    vi.stubEnv('REPLIQUE_PYTHON', undefined); // the one that has pandas and Matplotlib
  });
  beforeEach(() => {
    if (isBroken) throw new Error('A step before this one has failed.');
  });
  afterEach(async ({ task }) => {
    if (isBroken) return;
    step += 1;
    isBroken = task.result?.state === 'fail';
    const name = task.name.replaceAll(/[^\w]+/g, '-').slice(0, 60);
    await user.page.screenshot({ path: join(shots, `${String(step).padStart(2, '0')}-${name}.png`) });
    const faults = pages.faults.filter((fault) => !expectedFaults.some((each) => each.test(fault)));
    isBroken ||= faults.length > 0;
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await pages.close();
    rmSync(home, { recursive: true, force: true });
  });

  const file = (name: string): string => readFileSync(join(pages.server.workspace, name), 'utf8');

  it('opens with the address and its token', async () => {
    const page = await pages.open('lab');
    page.setDefaultTimeout(longMs);
    user = new LabUser(page);
    await page.locator('.jp-LauncherCard[data-category="Notebook"]', { hasText: 'Replique' }).waitFor();
    expect(page.url()).not.toContain('token');
  });

  it('begins a notebook of Replique', async () => {
    await user.page.locator('.jp-LauncherCard[data-category="Notebook"]', { hasText: 'Replique' }).click();
    await user.state('Idle');
    await user.tab('Untitled.ipynb').waitFor();
  });

  it('shows a turn as it streams, and the plot of its helper', async () => {
    await user.write(0, 'Plot the sales of each month.');
    await user.run(0);
    await user.numbered(0, '*');
    const seen = new Set<number>();
    const text = async (): Promise<string> => {
      const shown = await user.output(0).innerText();
      seen.add(shown.match(/look\d+/g)?.length ?? 0);
      return shown;
    };
    await expect.poll(text, { timeout: longMs }).toContain('March was the best month.');
    expect(seen.size).toBeGreaterThan(3);
    await user.numbered(0, 1);
    const drawn = user.output(0).locator('.jp-RenderedImage img');
    await drawn.scrollIntoViewIfNeeded();
    expect((await drawn.boundingBox())?.width).toBeGreaterThan(300);
    await user.output(0).locator('td', { hasText: 'February' }).waitFor();
    await user.state('Idle');
  });

  it('stops a cell, and runs it again', async () => {
    await user.add(1, 'Tell me a story.');
    await user.run(1);
    await user.output(1).getByText('long3 ').waitFor();
    await user.toolbar('interrupt');
    await user.output(1).getByText('The cell was interrupted.').first().waitFor();
    await user.numbered(1, 2);
    await user.run(1);
    await user.output(1).locator('em', { hasText: 'short' }).waitFor();
    await user.numbered(1, 3);
    expect(await user.output(1).innerText()).not.toContain('long3 ');
    await user.output(1).scrollIntoViewIfNeeded();
  });

  it('renames the notebook, and saves it', async () => {
    await user.choose('File', /^Rename Notebook…$/);
    await user.page.locator('.jp-Dialog input').fill('sales.ipynb');
    await user.accept();
    await user.tab('sales.ipynb').waitFor();
    await user.file('sales.ipynb').waitFor();
    await user.page.keyboard.press('Control+S');
    await expect.poll(() => file('sales.ipynb'), { timeout: longMs }).toContain('Once upon a time');
    expect(await user.page.locator('.jp-Dialog').count()).toBe(0);
  });

  it('goes on with a turn when the page is loaded again in the midst of it', async () => {
    await user.add(2, 'Count slowly.');
    await user.run(2);
    await user.output(2).getByText('count3 ').waitFor();
    await user.page.reload();
    await user.state('Busy');
    await user.cell(2).scrollIntoViewIfNeeded();
    await user.output(2).getByText('begun', { exact: true }).waitFor();
    await user.numbered(2, '*');
    writeFileSync(join(pages.server.workspace, 'go'), '');
    await user.output(2).locator('strong', { hasText: 'end' }).waitFor();
    await user.numbered(2, 4);
    const shown = await user.output(2).innerText();
    for (const once of ['count3 ', 'count150', 'begun\n', 'went on\n', 'This is the end.']) {
      expect(shown.split(once)).toHaveLength(2);
    }
    await user.output(0).getByText('the best month').waitFor();
  });

  it('begins afresh when its kernel is restarted', async () => {
    await user.toolbar('restart');
    await user.accept();
    await user.state('Idle');
    await user.run(0);
    await user.output(0).getByText('A fresh start').waitFor();
    await user.numbered(0, 1);
    await user.write(1, 'Which month was the best?');
    await user.run(1);
    await user.output(1).locator('em', { hasText: 'March' }).waitFor();
    await user.numbered(1, 2);
  });

  it('goes back in time when an edited prompt runs again', async () => {
    await user.write(0, 'Name the months.');
    await user.run(0);
    await user.output(0).getByText('Rewound to before [1]: 2 cells').waitFor();
    await user.output(0).locator('em', { hasText: 'only name' }).waitFor();
    await user.numbered(0, 3);
    expect(await user.output(0).locator('img').count()).toBe(0);
    await user.page.keyboard.press('Control+S');
    await expect.poll(() => file('sales.ipynb'), { timeout: longMs }).toContain('*only name*');
  });

  it('takes files, also one in pieces', async () => {
    const rows = Array.from({ length: 180_000 }, (_, n) => `${n},${n * 7}`).join('\n');
    let pieces = 0;
    user.page.on('request', (request) => {
      if (request.method() === 'PUT' && request.url().includes('readings.csv')) pieces += 1;
    });
    writeFileSync(join(home, 'readings.csv'), rows);
    const cell = {
      cell_type: 'code',
      id: 'slider',
      source: slider,
      metadata: {},
      execution_count: null,
      outputs: [],
    };
    const kernelspec = { display_name: 'Replique', language: 'replique', name: 'replique' };
    writeFileSync(
      join(home, 'slider.ipynb'),
      JSON.stringify({ cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }),
    );
    await user.upload([join(home, 'readings.csv'), join(home, 'slider.ipynb')]);
    await user.file('readings.csv').waitFor();
    await user.file('slider.ipynb').waitFor();
    await expect.poll(() => file('readings.csv') === rows, { timeout: longMs }).toBe(true);
    expect(pieces).toBe(Math.ceil(rows.length / 2 ** 20));
  });

  it('shows a widget, and moves it', async () => {
    vi.stubEnv('REPLIQUE_PYTHON', testPython());
    await user.file('slider.ipynb').dblclick();
    await user.tab('slider.ipynb').waitFor();
    await user.state('Idle');
    await user.run(0);
    await user.output(0).locator('b', { hasText: 'three' }).waitFor();
    await user.output(0).locator('.noUi-handle').focus();
    await user.page.keyboard.press('ArrowRight');
    await user.output(0).locator('em', { hasText: 'now 4' }).waitFor();
    await user.output(0).locator('.widget-readout', { hasText: '4' }).waitFor();
  });

  it('has a terminal', async () => {
    await user.page.locator('#jp-main-dock-panel .lm-TabBar-addButton').click();
    await user.page.locator('.jp-LauncherCard', { hasText: 'Terminal' }).click();
    const terminal = user.page.locator('.jp-Terminal');
    await terminal.locator('.xterm-screen').waitFor();
    await terminal.click();
    // What it shows is drawn, not text: what it does is seen among the files.
    await user.page.keyboard.type('echo "made by $((6 * 7))" > by-hand.txt; ls\n');
    await expect
      .poll(() => existsSync(join(pages.server.workspace, 'by-hand.txt')), { timeout: longMs })
      .toBe(true);
    await user.page.locator('.jp-FileBrowser-toolbar [data-jp-item-name="refresh"]').click();
    await user.file('by-hand.txt').waitFor();
    await expect.poll(() => file('by-hand.txt'), { timeout: longMs }).toBe('made by 42\n');
  });

  it('keeps a setting', async () => {
    await user.choose('Settings', /^Settings Editor$/);
    await user.page.locator('.jp-PluginList input').fill('theme');
    await user.page.locator('select[name$=":themes_theme"]').selectOption({ label: 'JupyterLab Dark' });
    const dark = user.page.locator('body[data-jp-theme-light="false"] .jp-LabShell');
    await dark.waitFor();
    const kept = '.jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings';
    await expect.poll(() => existsSync(join(home, kept)), { timeout: longMs }).toBe(true);
    await user.page.reload();
    await dark.waitFor();
    await user.tab('sales.ipynb').click();
    await user.state('Idle');
    await user.output(0).getByText('only name').waitFor();
  });

  it('shuts kernels and terminals down', async () => {
    await user.panel('jp-running-sessions');
    for (const [title, path, running] of [
      ['Kernels', 'api/kernels', 2],
      ['Terminals', 'api/terminals', 1],
    ] as const) {
      const listed = async (): Promise<number> => (await pages.server.json<unknown[]>(path)).length;
      expect(await listed()).toBe(running);
      await user.shutDownAll(title);
      await expect.poll(listed, { timeout: longMs }).toBe(0);
    }
    await user.page.getByText('Replique | Disconnected').waitFor();
    const errors = pages.server.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
    expect(errors).toEqual([]);
  });
});
