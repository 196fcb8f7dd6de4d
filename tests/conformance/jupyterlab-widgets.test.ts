import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';
import { testPython } from '../support/python.ts';

const code = `%%python
import ipywidgets as widgets
from IPython.display import display
slider = widgets.IntSlider(value=3, description='Size')
shown = widgets.HTML('<b>three</b><img src=x onerror="window.attacked = 1">')
out = widgets.Output()
def react(change):
    shown.value = f'<em>now {change["new"]}</em><img src=x onerror="window.attacked = 2">'
    with out:
        print('printed', change['new'])
slider.observe(react, 'value')
display(slider, shown, out)`;

describe('ipywidgets in JupyterLab', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;

  beforeAll(async () => {
    lab = await LabInBrowser.open([{ id: 'first', source: code }], [{ text: 'Not asked.' }], {
      python: testPython(),
    });
  }, 180_000);
  afterAll(() => lab.close());

  const output = () => lab.page.locator('.jp-CodeCell').first().locator('.jp-OutputArea').first();

  it('are drawn, move when the person moves them, and Python reacts', async () => {
    await lab.page.locator('.jp-InputArea-editor').first().click();
    await lab.page.keyboard.press('Control+Enter');
    await output().locator('b', { hasText: 'three' }).waitFor();
    const handle = output().locator('.noUi-handle');
    await handle.focus();
    await lab.page.keyboard.press('ArrowRight');
    await output().locator('em', { hasText: 'now 4' }).waitFor();
    await output().getByText('printed 4').waitFor();
    await lab.state('Idle');
    expect(await lab.page.evaluate('window.attacked')).toBeUndefined();
  });

  it('are there again after a reload', async () => {
    await lab.page.keyboard.press('Escape');
    await lab.page.keyboard.press('Control+s');
    await expect.poll(() => JSON.stringify(lab.saved()), { timeout: 20_000 }).toContain('widget-view+json');
    await lab.page.reload();
    await output().locator('em', { hasText: 'now 4' }).waitFor({ timeout: 60_000 });
    expect(await lab.page.evaluate('window.attacked')).toBeUndefined();
  });
});
