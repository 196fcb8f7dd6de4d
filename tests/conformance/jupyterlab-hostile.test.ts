import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { ServedLab, type ServedPage } from '../support/served-lab.ts';
import { heavyOutputs, hostileOutputs, preamble, pythonOf, withMarks } from './hostile-outputs.ts';

const cases = hostileOutputs.map(withMarks);
const ofHelpers = cases.filter(({ text }) => text === undefined);
const ofModel = cases.flatMap(({ text }) => text ?? []);
const end = 'all of them were shown';
/** Fewer than the kernel lets a cell show. */
const perCell = 12;

/** Helper outputs, some a cell, and answers of the model, one a cell. */
const shownAtOnce = Array.from({ length: Math.ceil(ofHelpers.length / perCell) }, (_each, index) =>
  ofHelpers.slice(index * perCell, (index + 1) * perCell).map(pythonOf),
).concat(heavyOutputs.map((output) => [pythonOf(output)]));
const replies = [
  ...shownAtOnce.flatMap((lines) => [{ text: helper([preamble, ...lines].join('\n')) }, { text: 'Shown.' }]),
  ...ofModel.map((text) => ({ text })),
  { text: end },
];

/** What a page has come to, by the numbers of the cases. */
interface Seen {
  readonly runs: readonly number[];
  readonly loads: readonly number[];
  readonly covers: readonly number[];
}

/** Clicks what can be clicked, and looks what has come of it all. */
async function look({ page, foreign }: ServedPage): Promise<Seen> {
  const clicked = `for (const each of document.querySelectorAll('[id^=click-], .jp-OutputArea a[href^="javascript:" i]')) each.click()`;
  await page.evaluate(clicked);
  await page.waitForTimeout(300);
  const covers = `Array.from({ length: ${cases.length} }, (_, index) => index).filter((index) => {
    const drawn = document.getElementById('cover-' + index)?.getBoundingClientRect();
    const isAll = drawn && drawn.top <= 0 && drawn.width >= innerWidth && drawn.height >= innerHeight;
    return isAll || getComputedStyle(document.documentElement).getPropertyValue('--harm-' + index) !== '';
  })`;
  return {
    runs: await page.evaluate<number[]>('Object.keys(window.hits).map(Number)'),
    loads: [...new Set(foreign.flatMap((url) => /evil\.example\/(\d+)\//.exec(url)?.[1] ?? []).map(Number))],
    covers: await page.evaluate<number[]>(covers),
  };
}

async function runAll(page: ServedPage['page']): Promise<void> {
  await page.evaluate('window.hits = {}');
  await page.locator('.jp-Cell .jp-InputArea-editor').first().click();
  await page.getByRole('menuitem', { name: 'Run', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Run All Cells', exact: true }).click();
}

const topPanel = `JSON.stringify(document.getElementById('jp-top-panel')?.getBoundingClientRect())`;
describe(`${cases.length + heavyOutputs.length} hostile outputs in JupyterLab`, { timeout: 180_000 }, () => {
  let lab: ServedLab;
  beforeAll(async () => {
    lab = await ServedLab.start(replies);
  }, 180_000);
  afterAll(() => lab.close());

  it('run nothing, load nothing and break no layout where Replique’s kernel shows them', async () => {
    const prompts = [...shownAtOnce, ...ofModel, end].map(() => 'Show me.');
    const served = await lab.open('ours.ipynb', { name: 'replique', title: 'Replique' }, prompts);
    const { page } = served;
    const before = await page.evaluate(topPanel);
    await runAll(page);
    await page.locator('.jp-OutputArea').getByText(end).first().waitFor({ timeout: 120_000 });
    await page.getByText('Replique | Idle').waitFor();
    await page.waitForTimeout(1000);
    expect(await look(served)).toEqual({ runs: [], loads: [], covers: [] });
    expect(served.foreign).toEqual([]);
    expect(await page.evaluate(topPanel)).toBe(before);
    // What lies at the top of the page is still its menu, and it opens.
    await page.getByRole('menuitem', { name: 'Help', exact: true }).click();
    await page.getByRole('menuitem', { name: 'About JupyterLab' }).waitFor();
    const title = await page.title();
    expect(title).toMatch(/ours/);
  });

  it('do that where ipykernel shows the same, so that it would be seen', async () => {
    const sources = cases.map((output) => `${preamble}\n${pythonOf(output)}`);
    const served = await lab.open('theirs.ipynb', { name: 'python3', title: 'Python 3 (ipykernel)' }, [
      ...sources,
      `print('${end}')`,
    ]);
    await runAll(served.page);
    await served.page
      .locator('.jp-OutputArea')
      .getByText(end)
      .first()
      .waitFor({ state: 'attached', timeout: 120_000 });
    const missing = async (): Promise<number[]> => {
      const { runs, loads, covers } = await look(served);
      const seen = { runs, clicked: runs, loads, covers };
      return cases.flatMap(({ harm }, index) => (harm && !seen[harm].includes(index) ? [index] : []));
    };
    await expect.poll(missing, { timeout: 30_000 }).toEqual([]);
    expect(cases.filter(({ harm }) => harm !== undefined).length).toBeGreaterThanOrEqual(30);
  });
});
