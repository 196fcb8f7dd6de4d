import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';
import { helper } from '../support/jupyter.ts';

/** It does not end when it is interrupted. */
const stubborn = `import time
while True:
    try:
        print("be" + "gun", flush=True)
        time.sleep(600)
    except KeyboardInterrupt:
        pass`;

describe('the restart button of JupyterLab', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;

  beforeAll(async () => {
    lab = await LabInBrowser.open(
      [
        { id: 'first', source: 'How much is it?' },
        { id: 'second', source: 'Wait.' },
        { id: 'third', source: 'Hello.' },
      ],
      [
        { text: 'It is *42*.', match: 'How much' },
        { text: helper(stubborn), match: 'Wait' },
        { text: 'Hello to *you*.', match: 'Hello' },
      ],
    );
  }, 180_000);
  afterAll(() => lab.close());

  const cell = (index: number) => lab.page.locator('.jp-CodeCell').nth(index);
  const output = (index: number) => cell(index).locator('.jp-OutputArea').first();

  async function run(index: number): Promise<void> {
    await cell(index).locator('.jp-InputArea-editor').click();
    await lab.page.keyboard.press('Control+Enter');
  }

  it('pressed while a helper runs, begins afresh, and names the way back', async () => {
    await run(0);
    await output(0).locator('em', { hasText: '42' }).waitFor();
    await run(1);
    await output(1)
      .locator('pre', { hasText: /^begun/ })
      .first()
      .waitFor();
    await lab.page
      .locator('[data-command="notebook:restart-kernel"], [data-jp-item-name="restart"]')
      .first()
      .click();
    await lab.page.locator('.jp-Dialog .jp-mod-accept').click();
    await lab.page.locator('.jp-Dialog').waitFor({ state: 'detached' });
    await lab.state('Idle');
    await run(2);
    await output(2).locator('em', { hasText: 'you' }).waitFor();
    await expect
      .poll(() => output(2).innerText())
      .toContain('A fresh start: the conversation so far (2 prompts) is put away. %resume brings it back.');
    await cell(2).getByText('[1]:', { exact: true }).waitFor();
  });
});
