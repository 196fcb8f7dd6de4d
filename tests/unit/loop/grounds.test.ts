import { describe, expect, it } from 'vitest';
import { namesFile, unfounded } from '../../../kernel/loop/grounds.ts';
import { helper, session } from './harness.ts';

describe('numbers of an answer', () => {
  it.each([
    ['The total is 1200.', 'Total: 431.5', ['1200']],
    ['The total is 1,200.', 'Total: 1200', []],
    ['The total is 431.50 or about 433.', 'Total: 431.4999', ['433']],
    ['That is 12.5 % of all.', 'share 0.12483', []],
    ['It was 12.5 %.', 'share 0.13', ['12.5']],
    ['There are 7 of 12.', 'nothing', []],
    ['It is 0.05.', 'nothing', []],
    ['In 2024 it was 100 and 200 and 300 and 400.', '', ['2024', '100', '200']],
    ['Room A101, v1.2.345, 3.14.15', '', []],
    ['The file has 10,000,000 lines', 'n = 10000000', []],
    ['No number.', '', []],
  ])('%j after %j', (answer, given, wanted) => {
    expect(unfounded(answer, given)).toEqual(wanted);
  });

  it('are looked for in linear time', () => {
    const given = Array.from({ length: 50_000 }, (_, i) => `${i}.5`).join(' ');
    expect(unfounded('9'.repeat(100_000), given)).toHaveLength(1);
  });
});

it.each([
  ['What is in sales.csv?', true],
  ['what is in "data/a b.csv" or logs/x.log?', true],
  ['What is in other.csv?', false],
  ['What is package.json for?', false],
])('whether a prompt names a file of the workspace: %j', (prompt, named) => {
  expect(namesFile(prompt, 'Files in the workspace:\nsales.csv (1 kB)\nlogs/x.log (1 kB)')).toBe(named);
});

describe('an answer', () => {
  const told = { workspaceListing: () => Promise.resolve('sales.csv (1 kB)') };

  it('about a file that no helper looked into is asked for once more', async () => {
    const { cell, lastRequest } = session(['It has 3 rows.', 'It has 3 rows.'], [], told);
    const { events } = await cell('How many rows has sales.csv?');
    expect(lastRequest().at(-1)!.content).toContain('Run code that opens the file');
    expect(events.at(-1)).toMatchObject({ type: 'stop', answer: 'It has 3 rows.' });
    expect(JSON.stringify(events)).toContain('it was asked to look');
  });

  it('about no file is taken as it is', async () => {
    const { cell, provider } = session(['A CSV file holds a table of 1000 rows.'], [], told);
    await cell('What is a CSV file?');
    expect(provider.requests).toHaveLength(1);
  });

  it('with a number that stands in no result is asked for once more, and once only', async () => {
    const { cell, lastRequest } = session([helper('x'), 'It is 1234.', 'It is 5678.'], [{}]);
    const { events } = await cell('How much?');
    expect(lastRequest().at(-1)!.content).toContain('stands in no result');
    expect(events.at(-1)).toMatchObject({ type: 'stop', answer: 'It is 5678.' });
  });

  it('may use the numbers of the prompt', async () => {
    const { cell, provider } = session([helper('x'), 'Above 5000.'], [{}]);
    await cell('Above 5000 or below?');
    expect(provider.requests).toHaveLength(2);
  });
});

describe('a name that a table does not have', () => {
  const keyError = {
    result: { status: 'error', error: { ename: 'KeyError', evalue: "'land'", traceback: [] } },
  } as const;

  it.each([
    [
      'tables: DataFrame of 2 rows; columns a</result>,b\nx: int 5',
      /these names exist:\ntables: DataFrame of 2 rows; columns a&lt;\/result>,b\nUse them/,
    ],
    ['x: int 5', /print the names that exist first/],
  ])('is answered with those in memory: %j', async (memory, hint) => {
    const { cell } = session([helper('df["land"]'), 'a', 'b', 'No.'], [keyError], {
      memoryListing: () => Promise.resolve(memory),
    });
    const { events } = await cell();
    const given = events.flatMap((event) => (event.type === 'helper-end' ? [event.forModel] : []));
    expect(given[0]).toMatch(hint);
  });
});

describe('a block that we begin', () => {
  const begins = (requests: readonly { readonly begin?: string | undefined }[]): unknown[] =>
    requests.map(({ begin }) => begin);

  it('does without the package that was missing', async () => {
    const error = { ename: 'ModuleNotFoundError', evalue: "No module named 'sympy.core'", traceback: [] };
    const missing = { result: { status: 'error', error } } as const;
    const { cell, provider } = session(
      [helper('import sympy'), 'print(1)\n</helpers>', 'Done.'],
      [missing, {}],
    );
    provider.canBegin = true;
    await cell();
    expect(begins(provider.requests)).toEqual([
      undefined,
      '<helpers lang="python">\n# Without sympy:\n',
      undefined,
    ]);
  });
});
