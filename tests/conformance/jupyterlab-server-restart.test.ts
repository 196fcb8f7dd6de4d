import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { installedLab } from '../../server/cli/lab/installed.ts';
import { RepliqueServer } from '../support/replique-server.ts';
import { freePort } from '../support/ports.ts';

const cell = (id: string, source: string) => ({
  ...{ cell_type: 'code', id, source, metadata: {}, execution_count: null, outputs: [] },
});

it(
  'JupyterLab’s page goes on by itself when the server comes back: a running cell, and the kernel’s memory',
  { timeout: 180_000 },
  async () => {
    const port = await freePort();
    let server = await RepliqueServer.start({ port, keepKernelsSeconds: 120 }, [], await installedLab());
    const marker = join(server.top, 'go-on');
    const slow = `import os, time\nx = 41\nprint('before')\nwhile not os.path.exists(${JSON.stringify(marker)}): time.sleep(0.1)\nprint('after')`;
    const notebook = {
      cells: [cell('one', slow), cell('two', 'print("sum", x + 1)')],
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
      ...{ nbformat: 4, nbformat_minor: 5 },
    };
    writeFileSync(join(server.workspace, 'a.ipynb'), JSON.stringify(notebook));
    const browser = await chromium.launch({
      ...{ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] },
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
      await page.goto(`${server.url}doc/tree/a.ipynb?token=secret-token`);
      await page.getByText(/Python 3.*\| Idle/).waitFor({ timeout: 90_000 });
      await page.locator('.jp-Cell').first().click();
      await page.keyboard.press('Shift+Enter');
      await page.getByText('before', { exact: true }).waitFor({ timeout: 60_000 });
      await server.leave();
      server = await server.next();
      writeFileSync(marker, '');
      await page.locator('.jp-OutputArea').getByText('after').waitFor({ timeout: 60_000 });
      await page.getByText(/Python 3.*\| Idle/).waitFor({ timeout: 60_000 });
      await page.locator('.jp-Cell').nth(1).click();
      await page.keyboard.press('Shift+Enter');
      await page.getByText('sum 42').waitFor({ timeout: 60_000 });
      await expect
        .poll(() => page.locator('.jp-InputPrompt').allInnerTexts())
        .toEqual(expect.arrayContaining(['[1]:', '[2]:']));
    } finally {
      await browser.close();
      await server.close();
    }
  },
);
