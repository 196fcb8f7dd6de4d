import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';

const replies = [{ text: 'word '.repeat(100), chunk: 5, delayMs: 50 }, { text: 'Done.' }];

describe('the extension in JupyterLab', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;
  const errors: string[] = [];

  beforeAll(async () => {
    lab = await LabInBrowser.open(
      [
        { id: 'prompt', source: 'Tell me `x`.' },
        { id: 'code', source: '%%python\ndef f(): return 1' },
        { id: 'magic', source: '%cost' },
      ],
      replies,
    );
    lab.page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  }, 180_000);
  afterAll(() => lab.close());

  const cell = (index: number) => lab.page.locator('.jp-CodeCell').nth(index);
  const status = () => lab.page.locator('.replique-status');

  it('marks prompts, and shows code as its language', async () => {
    await lab.page.locator('.jp-CodeCell.replique-prompt').first().waitFor();
    for (const [index, isPrompt] of [true, false, false].entries())
      await expect
        .poll(() => cell(index).getAttribute('class'))
        .toEqual(
          isPrompt
            ? expect.stringContaining('replique-prompt')
            : expect.not.stringContaining('replique-prompt'),
        );
    await cell(1).locator('.cm-line span', { hasText: /^def$/ }).waitFor();
  });

  it('follows a cell that becomes code, and one that becomes a prompt', async () => {
    await cell(2).locator('.cm-content').click();
    await lab.page.keyboard.press('Control+A');
    await lab.page.keyboard.type('Hello?');
    await lab.page.locator('.jp-CodeCell.replique-prompt').nth(1).waitFor();
    await lab.page.keyboard.press('Control+A');
    await lab.page.keyboard.insertText('%%python\nimport os');
    await cell(2)
      .locator('.cm-line span', { hasText: /^import$/ })
      .waitFor();
    await expect.poll(() => lab.page.locator('.jp-CodeCell.replique-prompt').count()).toBe(1);
  });

  it('shows the turn that runs, and then what the notebook’s prompts used', async () => {
    await cell(0).locator('.cm-content').click();
    await lab.page.keyboard.press('Control+Enter');
    await status()
      .getByText(/^turn 1/)
      .waitFor();
    await status()
      .getByText(/^[\d,]+ tokens/)
      .waitFor();
    await expect.poll(() => status().getAttribute('title')).toContain('the prompt of this notebook');
    expect(errors).toEqual([]);
  });
});
