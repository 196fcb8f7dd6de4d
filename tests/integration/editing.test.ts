import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';

/** What an editor asks while somebody types, over real sockets. */

let kernel: KernelUnderTest;

const setUp = `%%python
import pandas as pd
sales = pd.DataFrame({"region": ["East", "West"], "amount": [3, 4], "two words": [1, 2]})
größe = 7
class Odd:
    @property
    def total(self): open("property-ran", "w").close()
    def __dir__(self): open("dir-ran", "w").close(); return []
    def __repr__(self): open("repr-ran", "w").close(); return ""
odd = Odd()
"the answer"`;

/** Runs until there is a file `go`. */
const untilGo = `import os, time
print("be" + "gun", flush=True)
while not os.path.exists("go"): time.sleep(0.01)
os.remove("go")`;

beforeAll(async () => {
  kernel = await KernelUnderTest.start({
    config: { networkAllow: ['api.example.org'] },
    replies: [{ text: helper(untilGo), match: 'Wait' }, { text: 'Done.' }],
  });
  const { workspace } = kernel;
  mkdirSync(join(workspace, 'data', 'deep'), { recursive: true });
  writeFileSync(join(workspace, 'readings.txt'), '1\n2\n3\n');
  writeFileSync(join(workspace, 'a b.csv'), 'x,y\n1,2\n');
  writeFileSync(join(workspace, '.hidden'), 'secret');
  writeFileSync(join(workspace, 'picture.bin'), Buffer.from([0, 1, 2, 27]));
  writeFileSync(join(workspace, 'evil\u202etxt'), '');
  writeFileSync(join(workspace, 'data', 'deep', 'weather.csv'), 't\n1\n');
  symlinkSync('/etc/passwd', join(workspace, 'realm'));
  symlinkSync('/etc', join(workspace, 'data', 'outside'));
  expect((await kernel.run(setUp)).reply['status']).toBe('ok');
}, 60_000);
afterAll(() => kernel.end());

interface Completed {
  readonly matches: readonly string[];
  /** What the editor would replace. */
  readonly replaced: string;
  readonly types: readonly Readonly<Record<string, unknown>>[];
}

interface CompleteReply {
  readonly cursor_start: number;
  readonly cursor_end: number;
  readonly matches: readonly string[];
  readonly metadata: { readonly _jupyter_types_experimental: Completed['types'] };
}

/** Completes at the `|`. */
async function complete(marked: string): Promise<Completed> {
  const [before = '', after = ''] = marked.split('|');
  const { content } = await kernel.client.ask('complete_request', {
    code: before + after,
    cursor_pos: Array.from(before).length,
  });
  expect(content['status']).toBe('ok');
  const { cursor_start, cursor_end, matches, metadata } = content as unknown as CompleteReply;
  const points = Array.from(before + after).slice(cursor_start, cursor_end);
  return { matches, replaced: points.join(''), types: metadata._jupyter_types_experimental };
}

/** The text of what is known at the `|`; empty where nothing is. */
async function inspect(marked: string): Promise<string> {
  const [before = '', after = ''] = marked.split('|');
  const { content } = await kernel.client.ask('inspect_request', {
    code: before + after,
    cursor_pos: Array.from(before).length,
  });
  const { found, data } = content as { found: boolean; data: Record<string, string> };
  expect(Object.keys(data)).toEqual(found ? ['text/plain'] : []);
  return data['text/plain'] ?? '';
}

const matches = async (marked: string): Promise<readonly string[]> => (await complete(marked)).matches;

describe('completion in a prompt', () => {
  it('knows magics and what they take', async () => {
    expect(await matches('%san|')).toEqual(['%sandbox']);
    expect(await matches('%%py|')).toEqual(['%%python']);
    expect(await complete('%sandbox d|')).toMatchObject({ matches: ['data'], replaced: 'd' });
    expect(await matches('%help\n\n  %sandbox |')).toEqual(['strict', 'data', 'open']);
    expect(await matches('%budget session $1; d|')).toEqual(['day']);
    expect(await matches('%budget day o|')).toEqual(['off']);
    expect(await matches('%resume l|')).toEqual(['list']);
    expect(await matches('%allow a|')).toEqual([]);
    expect(await matches('%allow -d a|')).toEqual(['api.example.org']);
    expect(await matches('%continue with @rea|')).toEqual(['@readings.txt']);
    expect(await matches('Is it 10 %s|')).toEqual([]);
    expect(await matches('Words first\n%san|')).toEqual([]);
    expect(await matches('%%bash\nls @rea|')).toEqual([]);
    expect(await matches('%help\n%%py|')).toEqual([]);
  });

  it('knows variables, and columns after a dot', async () => {
    expect(await complete('Plot `sal|` please')).toEqual({
      matches: ['sales'],
      replaced: 'sal',
      types: [{ start: 6, end: 9, text: 'sales', type: 'DataFrame', signature: '' }],
    });
    expect(await matches('Plot {sal|')).toEqual(['sales']);
    expect(await matches('Sum `sales.am|`')).toEqual(['amount']);
    expect((await matches('Sum {sales.|}')).slice(0, 2)).toEqual(['region', 'amount']);
    expect(await matches('Sum `sales.region.st|')).toContain('str');
    expect(await matches('{odd.|')).toEqual(['total']);
    expect(await matches('`grö|')).toEqual(['größe']);
    expect(await matches('{Out[|')).toEqual(['1]']);
    expect(await matches('{Out[|]}')).toEqual(['1']);
    expect(await matches('{In[|')).toEqual(['1]']);
    for (const prose of ['sal|', '`sales` and sal|', 'f{sal|', '```sal|', '{a b sal|', '`sales + sal|']) {
      expect(await matches(prose), prose).toEqual([]);
    }
  });

  it('knows files, and neither hidden ones nor links', async () => {
    expect(await complete('Sum @rea| now')).toMatchObject({ matches: ['@readings.txt'], replaced: '@rea' });
    expect(await matches('@a|')).toEqual(['@"a b.csv"']);
    expect(await complete('(see @"a |")')).toMatchObject({ matches: ['@"a b.csv'], replaced: '@"a ' });
    expect(await matches('@data/|')).toEqual(['@data/deep/']);
    expect(await matches('@wea|')).toEqual(['@data/deep/weather.csv']);
    expect(await matches('@|')).toEqual(['@"a b.csv"', '@data/', '@picture.bin', '@readings.txt']);
    for (const path of ['@.|', '@../|', '@/etc/pass|', '@data/outside/|', '@data/../rea|', 'me@rea|']) {
      expect(await matches(path), path).toEqual([]);
    }
  });

  it('knows what help can be asked for', async () => {
    expect(await matches('?sa|')).toEqual(['sandbox', 'sales']);
    expect(await matches('?sales.reg|')).toEqual(['sales.region']);
    expect(await complete('?moc|')).toMatchObject({ matches: ['mock:mock'], replaced: 'moc' });
  });

  it('counts code points, and takes any cursor and any text', async () => {
    expect(await complete('😀 e\u0301 👩‍👩‍👧 `sal|` 😀')).toMatchObject({ matches: ['sales'], replaced: 'sal' });
    expect(await complete('😀 @rea|')).toMatchObject({ matches: ['@readings.txt'], replaced: '@rea' });
    const ask = async (code: string, cursor_pos?: number): Promise<unknown> =>
      (await kernel.client.ask('complete_request', { code, cursor_pos })).content;
    const atEnd = { status: 'ok', matches: ['sales'], cursor_start: 3, cursor_end: 6 };
    expect(await ask('😀 `sal', 1e9)).toMatchObject({ ...atEnd });
    expect(await ask('😀 `sal')).toMatchObject({ ...atEnd });
    expect(await ask('`sal', 0)).toMatchObject({ matches: [], cursor_start: 0, cursor_end: 0 });
    expect(await ask('\ud83d `sal', 6)).toMatchObject({ matches: ['sales'], cursor_start: 3, cursor_end: 6 });
    expect(await ask('%%python\n"\ud83d"; sale', 999)).toMatchObject({ status: 'ok', cursor_end: 18 });
  });
});

describe('completion in a Python cell', () => {
  it('says what each match is, as ipykernel does', async () => {
    const { types, replaced } = await complete('%%python\n"😀"; sales.sort_v|');
    const [first] = types;
    expect(first).toMatchObject({ text: 'sort_values', type: 'function', start: 20, end: 26 });
    expect(first!['signature']).toMatch(/^\(self, by, /);
    expect(replaced).toBe('sort_v');
    const type = async (marked: string): Promise<unknown> => (await complete(marked)).types[0]!['type'];
    expect(await type('%%python\nsale|')).toBe('instance');
    expect(await type('%%python\nimpo|')).toBe('keyword');
    expect(await type('%%python\n%timei|')).toBe('magic');
    expect(await type('%%python\nOdd|')).toBe('class');
  });
});

describe('inspection', () => {
  it('shows what a variable is and how it begins', async () => {
    expect(await inspect('Plot `sa|les` now')).toMatch(
      /^sales: DataFrame 2×3\n\n2 rows, 3 columns \(region: str, .*\nall rows:\n.*\n0 +East +3 +1\n/,
    );
    expect(await inspect('Plot `sales`|')).toContain('DataFrame 2×3');
    expect(await inspect('{sales.amo|unt}')).toMatch(
      /^sales\.amount: Series of 2\n\nname amount, dtype int64\nall:\n0 +3\n1 +4/,
    );
    expect(await inspect('{Out[1|]}')).toContain("'the answer'");
    expect(await inspect('`odd.to|tal`')).toBe('odd.total: a property of Odd');
    expect(await inspect('`od|d`')).toBe('odd: Odd');
    expect(await inspect('`missing|`')).toBe('');
    expect(await inspect('sal|es')).toBe('');
    expect((await kernel.run('%%bash\nls *-ran')).text).toContain('No such file');
  });

  it('shows a file’s size and first lines', async () => {
    expect(await inspect('Sum @read|ings.txt.')).toBe('readings.txt: 6 B\n\n1\n2\n3\n');
    expect(await inspect('@"a b|.csv"')).toContain('x,y');
    expect(await inspect('@picture.bin|')).toBe('picture.bin: 4 B, not text');
    for (const path of [
      '@.hidden|',
      '@realm|',
      '@../x|',
      '@data|',
      '@data/outside/passwd|',
      '@/etc/passwd|',
    ]) {
      expect(await inspect(path), path).toBe('');
    }
  });

  it('shows a model’s context and price, and how a magic is written', async () => {
    const model = 'mock:mock: 32,768 tokens of context; sees no images; costs nothing';
    expect(await inspect('?mock:mo|ck')).toBe(model);
    expect((await kernel.run('?mock:mock')).text).toBe(model);
    expect(await inspect('?mock:other|')).toBe('');
    expect(await inspect('%sand|box data')).toContain('%sandbox [strict|data|open]');
    expect(await inspect('%sandbox da|ta')).toContain('%sandbox [strict|data|open]');
    expect(await inspect('%continue with `sal|es`')).toContain('DataFrame');
    expect(await inspect('?bud|get')).toContain('%budget');
  });
});

describe('a console', () => {
  it.each([
    ['How many files?', 'complete'],
    ['How many\\', 'incomplete'],
    ['A path C:\\\\', 'complete'],
    ['%help', 'complete'],
    ['%%python', 'incomplete'],
    ['%%python\ndef f(x):', 'incomplete'],
    ['%%python\nx = = 1', 'invalid'],
    ['%%python\nprint(1)', 'complete'],
    ['%%bash\nls', 'incomplete'],
    ['%%bash\nls\n', 'complete'],
  ])('%j is %s', async (code, status) => {
    const { content } = await kernel.client.ask('is_complete_request', { code });
    expect(content['status']).toBe(status);
    const indent = code.endsWith(':') ? '    ' : '';
    if (status === 'incomplete') expect(content['indent']).toBe(indent);
  });
});

describe('while a cell runs', () => {
  it('all of it answers, before the cell does, and the kernel stays busy with the cell', async () => {
    const cell = kernel.client.execute('Wait.');
    await kernel.client.message(({ message }) => JSON.stringify(message.content).includes('begun'));
    for (let found: readonly string[] = []; found.length === 0;) found = await matches('Plot `sal|`');
    for (let text = ''; text === '';) text = await inspect('`sales`|');
    for (let found: readonly string[] = []; found.length === 0;)
      found = await matches('%%python\nsales.sort_v|');
    expect(await matches('%sandbox d|')).toEqual(['data']);
    expect(await matches('@rea|')).toEqual(['@readings.txt']);
    expect(await inspect('@readings.txt|')).toContain('6 B');
    const { content } = await kernel.client.ask('is_complete_request', { code: '%%python\nfor x in y:' });
    expect(content).toMatchObject({ status: 'incomplete', indent: '    ' });
    const last = kernel.client.send('complete_request', { code: '%he', cursor_pos: 3 });
    await kernel.client.done(last);
    const states = (): readonly unknown[] =>
      kernel.client.received
        .filter(({ channel, message }) => channel === 'iopub' && message.header.msg_type === 'status')
        .map(({ message }) => [message.content['execution_state'], message.parent_header['msg_id']]);
    await expect.poll(states).toContainEqual(['idle', last]);
    await expect.poll(() => states().at(-1)).toEqual(['busy', cell]);
    const isReply = (id: string): boolean =>
      kernel.client.received.some(
        ({ channel, message }) => channel === 'shell' && message.parent_header['msg_id'] === id,
      );
    expect([isReply(last), isReply(cell)]).toEqual([true, false]);
    writeFileSync(join(kernel.workspace, 'go'), '');
    expect((await kernel.finished(cell)).reply['status']).toBe('ok');
    await expect.poll(() => states().at(-1)).toEqual(['idle', cell]);
  }, 60_000);
});
