import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';

const helper = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

const hostileText = [
  'Look: <script>window.attacked = 1</script> <img src=x onerror="window.attacked = 2">',
  '![pixel](https://evil.example/pixel.png) [click](javascript:window.attacked=3)',
  '<iframe srcdoc="<script>parent.attacked = 4</script>"></iframe> <style>@import "https://evil.example/a.css"</style>',
].join('\n\n');

const hostileCode = `from IPython.display import HTML, SVG, Javascript, display
display(HTML('<b>bold</b><script>window.attacked = 5</script><img src="https://evil.example/b.png" onerror="window.attacked = 6">'))
display(Javascript('window.attacked = 7'))
display(SVG(data='<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="window.attacked = 8"><script>window.attacked = 9</script><circle r="4"/></svg>'))`;

const replies = [
  {
    text: `I look at the **data**.\n${helper('import pandas as pd\ndata = pd.DataFrame({"region": ["North"], "amount": [42]})\ndata.plot.bar(x="region")\ndata')}`,
  },
  { text: 'The amount is *forty-two*.' },
  { text: `${hostileText}\n${helper(hostileCode)}` },
  { text: hostileText },
  { text: 'word '.repeat(5000), chunk: 5, delayMs: 50 },
  { text: 'Again **one**.' },
  { text: 'Again **two**.' },
  { text: 'Again **three**.' },
];

describe('JupyterLab in Chromium', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;

  beforeAll(async () => {
    lab = await LabInBrowser.open(
      [
        { id: 'first', source: 'What is the amount?' },
        { id: 'second', source: 'Show me everything.' },
        { id: 'third', source: 'Tell me a long story.' },
      ],
      replies,
    );
  }, 180_000);
  afterAll(() => lab.close());

  const cell = (index: number) => lab.page.locator('.jp-CodeCell').nth(index);
  const output = (index: number) => cell(index).locator('.jp-OutputArea').first();

  /** HTML that came with a script: the frame within the frame. */
  const inFrame = () => output(1).frameLocator('iframe').frameLocator('iframe');

  async function run(index: number): Promise<void> {
    await cell(index).locator('.jp-InputArea-editor').click();
    await lab.page.keyboard.press('Control+Enter');
  }

  it('shows turns as Markdown, the helper’s table, the answer, and a footer that folds out without script', async () => {
    await run(0);
    await output(0).getByText('forty-two').waitFor();
    // What is shown anew is away for a moment.
    for (const [tag, hasText] of [
      ['strong', 'data'],
      ['em', 'forty-two'],
      ['table.dataframe td', '42'],
    ] as const) {
      await expect.poll(() => output(0).locator(tag, { hasText }).count()).toBe(1);
    }
    const code = output(0).locator('pre code.cm-s-jupyter, pre code').first();
    await expect.poll(() => code.innerText()).toContain('import pandas');
    await output(0).locator('img[src^="data:image/png"], .jp-RenderedImage img').waitFor();
    const footer = output(0).locator('details');
    await footer.locator('summary').click();
    await expect.poll(() => footer.innerText()).toContain('turn 2');
    await lab.state('Idle');
  });

  it('runs no script of a model or a helper and loads nothing from elsewhere', async () => {
    await run(1);
    await inFrame().locator('b', { hasText: 'bold' }).waitFor();
    await output(1).getByText('final').waitFor();
    await lab.state('Idle');
    for (const link of await output(1).locator('a').all()) {
      expect(await link.getAttribute('href')).not.toMatch(/^\s*javascript:/i);
    }
    expect(await output(1).locator('script, style, [onerror], [onload], [src^="http"]').count()).toBe(0);
    expect(await output(1).locator('iframe').count()).toBe(1);
    expect(await output(1).locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
    expect(await lab.page.evaluate('window.attacked')).toBeUndefined();
    await expect.poll(() => lab.foreign).toEqual([]);
  });

  it('stops a running cell with the stop button, and keeps what there is', async () => {
    await run(2);
    await output(2).getByText('word word').waitFor();
    await lab.page
      .locator('[data-command="notebook:interrupt-kernel"], [data-jp-item-name="interrupt"]')
      .first()
      .click();
    await output(2).getByText('The cell was interrupted.').first().waitFor();
    await lab.state('Idle');
    await expect.poll(() => output(2).innerText()).toContain('word word');
  });

  it('saves the session, and shows it again, harmless, after a reload', async () => {
    await lab.page.keyboard.press('Escape');
    await lab.page.keyboard.press('Control+s');
    await expect.poll(() => JSON.stringify(lab.saved()), { timeout: 20_000 }).toContain('forty-two');
    const { cells } = lab.saved() as { cells: { outputs: { data?: Record<string, unknown> }[] }[] };
    const records = cells[0]?.outputs.filter(({ data }) => data?.['application/vnd.replique.turn+json']);
    expect(records).toHaveLength(2);
    await lab.page.reload();
    await output(0).getByText('forty-two').waitFor({ timeout: 60_000 });
    await output(1).getByText('final').waitFor();
    expect(await lab.page.evaluate('window.attacked')).toBeUndefined();
    await expect.poll(() => lab.foreign).toEqual([]);
  });

  it('runs all cells, one after the other, in the session that goes on', async () => {
    await lab.choose('Run', 'Run All Cells');
    for (const [index, word] of ['one', 'two', 'three'].entries()) {
      await output(index).locator('strong', { hasText: word }).waitFor();
    }
    await lab.state('Idle');
  });

  it('would have seen an attack: the page runs such script and the requests are counted', async () => {
    await lab.page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<img src="https://evil.example/c.png" onerror="window.attacked = 10">')`,
    );
    await expect.poll(() => lab.page.evaluate('window.attacked')).toBe(10);
    expect(lab.foreign).toEqual(['https://evil.example/c.png']);
  });
});
