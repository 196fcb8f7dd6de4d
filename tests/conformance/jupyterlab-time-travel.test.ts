import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabInBrowser } from '../support/browser.ts';
import { chatScriptPeer, type ChatScriptPeer } from '../support/chat-script-peer.ts';
import { helper } from '../support/jupyter.ts';

const write = 'n = open("rows.txt", "w").write(str(rows))\nprint("now", rows)';

const replies = [
  ...[helper(`rows = [3, 1, 2]\n${write}`), 'Made **three** rows.'],
  ...[helper(`rows.sort()\n${write}`), 'Sorted *upwards*.'],
  'They are *three*.',
  helper(`print("found", rows, open("rows.txt").read())\nrows.sort(reverse=True)\n${write}`),
  'Sorted *downwards*.',
  'You asked *twice*.',
];

const [make, sort, draw, goBack, add, undo, ask, count] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const cells = [
  { id: 'make', source: 'Make three rows and write them to rows.txt.' },
  { id: 'sort', source: 'Sort them.' },
  { id: 'draw', source: '%branches' },
  { id: 'go-back', source: '%checkout left-1' },
  { id: 'add', source: '%%python\nrows.append(4)\nprint("appended", rows)' },
  { id: 'undo', source: '%undo' },
  { id: 'ask', source: 'What did I ask?' },
  { id: 'count', source: 'Count the rows.' },
];

interface Saved {
  readonly cells: readonly { readonly id: string; readonly outputs: readonly unknown[] }[];
}

describe('time travel in JupyterLab', { timeout: 180_000 }, () => {
  let lab: LabInBrowser;
  let model: ChatScriptPeer;

  beforeAll(async () => {
    model = await chatScriptPeer(
      replies.map((text) => ({ text })),
      100_000,
    );
    const variables = {
      REPLIQUE_PROVIDER: 'openai',
      REPLIQUE_MODEL: 'm',
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'k',
    };
    lab = await LabInBrowser.open(cells, [], { variables });
  }, 180_000);
  afterAll(async () => {
    await lab.close();
    await model.close();
  });

  const cell = (index: number) => lab.page.locator('.jp-CodeCell').nth(index);
  const output = (index: number) => cell(index).locator('.jp-OutputArea').first();
  const drawing = () => output(draw).locator('.jp-RenderedSVG img, .jp-RenderedSVG svg').first();
  const file = (): string => readFileSync(join(dirname(lab.notebook), 'rows.txt'), 'utf8');

  /** Runs a cell, as the session's nth, and waits until it shows that. */
  async function run(index: number, nth: number, ...shown: readonly string[]): Promise<void> {
    await cell(index).locator('.jp-InputArea-editor').click();
    await lab.page.keyboard.press('Control+Enter');
    await cell(index).getByText(`[${nth}]:`, { exact: true }).waitFor();
    await lab.state('Idle');
    for (const text of shown) await expect.poll(() => output(index).innerText()).toContain(text);
  }

  it('goes back with files and memory when an edited prompt runs again', async () => {
    await run(make, 1, 'Made three rows.');
    await run(sort, 2, 'Sorted upwards.');
    await run(count, 3, 'They are three.');
    expect(file()).toBe('[1, 2, 3]');
    await cell(sort).locator('.cm-content').click();
    await lab.page.keyboard.press('Control+a');
    await lab.page.keyboard.type('Sort them, the largest first.');
    const left = '2 cells and rows.txt are left behind on branch left-1; %checkout left-1 returns.';
    await run(sort, 4, `Rewound to before [2]: ${left}`, 'found [3, 1, 2] [3, 1, 2]');
    expect(file()).toBe('[3, 2, 1]');
    expect(model.given.at(-1)).toContain('Sort them, the largest first.');
    expect(model.given.at(-1)).not.toMatch(/Sort them\.|Count the rows/);
  });

  it('draws the branches, and brings the other way back', async () => {
    await run(draw, 5);
    await expect.poll(async () => (await drawing().boundingBox())?.width).toBeGreaterThan(200);
    await expect.poll(async () => (await drawing().boundingBox())?.height).toBeGreaterThan(80);
    await run(goBack, 6, 'On branch left-1, after [3], 1 file changed.');
    expect(file()).toBe('[1, 2, 3]');
  });

  it('undoes a cell', async () => {
    await run(add, 7, 'appended [1, 2, 3, 4]');
    await run(undo, 8, 'Rewound to before [7]: 1 cell is left behind on branch');
    await run(add, 9, 'appended [1, 2, 3, 4]');
  });

  it('lets the model forget a cell that was deleted, and marks it in the drawing', async () => {
    await cell(count).locator('.jp-InputPrompt').click();
    await lab.page.keyboard.press('d');
    await lab.page.keyboard.press('d');
    await expect.poll(() => lab.page.locator('.jp-CodeCell').count()).toBe(7);
    await run(ask, 10, 'You asked twice.');
    expect(model.given.at(-1)).toContain('Sort them.');
    expect(model.given.at(-1)).not.toMatch(/Count the rows|They are/);
    await run(draw, 11);
  });

  it('stands in the saved notebook, and in the page after a reload', async () => {
    await lab.page.keyboard.press('Escape');
    await lab.page.keyboard.press('Control+s');
    const saved = (): Saved['cells'] => (lab.saved() as Saved).cells;
    const outputs = (id: string): string => JSON.stringify(saved().find((one) => one.id === id)?.outputs);
    await expect.poll(() => outputs('ask')).toContain('You asked *twice*.');
    await expect.poll(() => outputs('draw')).toMatch(/\[3\] Count the rows\. · [^\\]* · deleted/);
    expect(saved().map(({ id }) => id)).not.toContain('count');
    expect(outputs('sort')).toContain('Rewound to before [2]');
    expect(outputs('draw')).toContain('image/svg+xml');
    expect(outputs('go-back')).toContain('On branch `left-1`');
    await lab.page.reload();
    await output(goBack).getByText('On branch').waitFor({ timeout: 60_000 });
    await drawing().waitFor();
  });
});
