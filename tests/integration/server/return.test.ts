import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedPages } from '../../support/served-page.ts';

const longMs = 60_000;
const waiting = `I wait.
<helpers lang="python">
import os, time
print("begun")
while not os.path.exists("go"): time.sleep(0.05)
print("went on")
</helpers>`;

/** Chromium sometimes calls the answer of a page that has just been opened aborted, though its script has read it to the end. */
const readToItsEnd = /^failed: \S+\/events\?running=1\S* net::ERR_ABORTED$/;

describe('who comes back to a notebook whose cell runs', { timeout: 180_000 }, () => {
  let home: string;
  let pages: ServedPages;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rb-'));
    const replies = [{ text: waiting }, { text: 'This is the **end**.' }];
    pages = await ServedPages.start(home, {}, replies);
    pages.writeNotebook('x.ipynb', ['Tell me much.', '%%python\nprint("ran", 1)']);
  });
  afterAll(async () => {
    await pages.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function open(): Promise<Page> {
    const page = await pages.open('doc/tree/x.ipynb');
    await page.locator('.jp-CodeCell.replique-prompt').first().waitFor({ timeout: longMs });
    return page;
  }
  /** How often each piece is there: the beginning, the helper's two lines, the end. */
  const count = (text: string): number[] =>
    ['I wait.', 'begun\n', 'went on\n', 'This is the end.'].map((piece) => text.split(piece).length - 1);
  const output = (page: Page, index = 0) => page.locator('.jp-CodeCell').nth(index).locator('.jp-OutputArea');

  it('sees what was shown meanwhile and what follows, once, and may save it', async () => {
    const first = await open();
    await first.locator('.cm-content').first().click();
    await first.keyboard.press('Control+Enter');
    await output(first).getByText('begun', { exact: true }).waitFor({ timeout: longMs });
    await first.close({ runBeforeUnload: false });

    const second = await open();
    await second.locator('.jp-InputPrompt', { hasText: '[*]' }).first().waitFor({ timeout: longMs });
    await output(second).getByText('begun', { exact: true }).waitFor({ timeout: longMs });
    writeFileSync(join(pages.server.workspace, 'go'), '');
    await output(second).locator('strong', { hasText: 'end' }).waitFor({ timeout: longMs });
    await second.locator('.jp-InputPrompt', { hasText: '[1]' }).first().waitFor({ timeout: longMs });
    expect(count(await output(second).first().innerText())).toEqual([1, 1, 1, 1]);
    await second.keyboard.press('Control+s');
    const file = join(pages.server.workspace, 'x.ipynb');
    await expect
      .poll(() => readFileSync(file, 'utf8').includes('This is the **end**.'), { timeout: longMs })
      .toBe(true);
    expect(await second.locator('.jp-Dialog').count()).toBe(0);

    await second.locator('.cm-content').nth(1).click();
    await second.keyboard.press('Control+Enter');
    await output(second, 1).getByText('ran 1').waitFor({ timeout: longMs });
    await second.close();
    const third = await open();
    await output(third).locator('strong', { hasText: 'end' }).waitFor({ timeout: longMs });
    await output(third, 1).getByText('ran 1').waitFor({ timeout: longMs });
    expect(count(await output(third).first().innerText())).toEqual([1, 1, 1, 1]);
    expect(pages.faults.filter((fault) => !readToItsEnd.test(fault))).toEqual([]);
    await third.close();
  });

  it('sees the star of a cell to which the page is scrolled only then', async () => {
    const settings = join(home, '.jupyter/lab/user-settings/@jupyterlab/notebook-extension');
    mkdirSync(settings, { recursive: true });
    writeFileSync(join(settings, 'tracker.jupyterlab-settings'), '{"windowingMode": "full"}');
    const above = Array.from({ length: 60 }, (_, n) => `%%python\nprint(${n})\n\n\n\n`);
    pages.writeNotebook('long.ipynb', [
      ...above,
      '%%python\nimport time\nprint("be" + "gun")\ntime.sleep(600)',
    ]);
    const body = { path: 'long.ipynb', type: 'notebook', name: '', kernel: { name: 'replique' } };
    const session = (await (await pages.server.send('POST', 'api/sessions', body)).json()) as { id: string };
    await pages.server.send('POST', `api/replique/sessions/${session.id}/prompt`, { cell_id: 'c60' });
    const page = await pages.open('doc/tree/long.ipynb');
    await page.getByText('Replique | Busy').waitFor({ timeout: longMs });
    await page.locator('.jp-Notebook .cm-content').first().click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    const last = page.locator('.jp-CodeCell').last();
    await last.getByText('begun', { exact: true }).waitFor({ timeout: longMs });
    await last.locator('.jp-InputPrompt').getByText('[*]:', { exact: true }).waitFor();
    await page.close();
  });
});
