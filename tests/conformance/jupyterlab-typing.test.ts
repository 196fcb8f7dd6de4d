import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';
import { helper } from '../support/jupyter.ts';

const untilGo = `import os, time
sales = 1
print("be" + "gun", flush=True)
while not os.path.exists("go"): time.sleep(0.05)`;

describe('the Tab key in JupyterLab', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;

  beforeAll(async () => {
    lab = await LabInBrowser.open(
      [
        { id: 'first', source: 'Wait.' },
        { id: 'second', source: '' },
      ],
      [{ text: helper(untilGo), match: 'Wait' }, { text: 'It is *over*.' }],
    );
    writeFileSync(join(dirname(lab.notebook), 'readings.txt'), '1\n');
  }, 180_000);
  afterAll(() => lab.close());

  const cell = (index: number) => lab.page.locator('.jp-CodeCell').nth(index);
  const editor = (index: number) => cell(index).locator('.cm-content');

  /** Types into the second cell, presses Tab, and takes what is offered. */
  async function typed(text: string, offered: string, expected: string): Promise<void> {
    await editor(1).click();
    await lab.page.keyboard.press('Control+a');
    await lab.page.keyboard.type(text);
    await lab.page.keyboard.press('Tab');
    await lab.page.locator('.jp-Completer-item', { hasText: offered }).waitFor();
    await lab.page.keyboard.press('Enter');
    await editor(1).getByText(expected, { exact: true }).waitFor();
  }

  it('completes magics and files in a prompt, also while a cell runs, and the kernel stays busy', async () => {
    await typed('%sandbox d', 'data', '%sandbox data');
    await cell(0).locator('.jp-InputArea-editor').click();
    await lab.page.keyboard.press('Control+Enter');
    await cell(0).locator('pre', { hasText: 'begun' }).first().waitFor();
    await typed('Sum @rea', '@readings.txt', 'Sum @readings.txt');
    await lab.state('Busy');
    writeFileSync(join(dirname(lab.notebook), 'go'), '');
    await cell(0).locator('em', { hasText: 'over' }).waitFor();
    await lab.state('Idle');
    expect(await editor(1).innerText()).toBe('Sum @readings.txt');
  });
});
