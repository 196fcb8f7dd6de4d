import { expect, it } from 'vitest';
import { isSame } from '../../../kernel/tape/compare/redacted.ts';
import { differences } from '../../../kernel/tape/compare/outputs.ts';
import type { NotebookOutput } from '../../../kernel/tape/notebook.ts';
import { ended, failed, png, printed, shown } from './outputs.ts';

const now = Date.UTC(2026, 10, 30, 12);
const seconds = String(now / 1000);
const about = { now, isRandom: false };

/** Two texts that were printed. */
type Texts = readonly [what: string, recorded: string, found: string];

it.each<Texts>([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['ends of lines', 'a\r\nb', 'a\nb\n\n'],
  ['a line that was written over', ' 10 %\r 50 %\r100 %', '100 %'],
  ['addresses', '<object object at 0x7f3a1b2c3d4e>', '<object object at 0x55d0c0ffee01>'],
  ['UUIDs', 'id 123e4567-e89b-12d3-a456-426614174000', 'id 00000000-0000-4000-8000-000000000000'],
  ['temporary paths', 'wrote /tmp/tmpab12cd34/a.txt', 'wrote /var/folders/x1/y2/T/b.txt'],
  ['names of temporary files', 'in tmpab12cd34', 'in tmpzz00zz00'],
  ['moments near now, in any form', 'at 2024-01-01 10:00:00', 'at 2026-11-30T12:00:01.25Z'],
  ['a moment with a zone', 'at 2024-01-01T10:00+01:00', 'at 2026-11-30T13:00+01:00'],
  ['a moment with a comma', 'at 2024-01-01 10:00:00,123', 'at 2026-11-30 12:00:00,456'],
  ['seconds since 1970', 'epoch 1700000000', `epoch ${seconds}`],
  ['milliseconds since 1970', 'epoch 1700000000000', `epoch ${now}`],
  ['how long it took', 'It took 0.53 s', 'It took 12 ms'],
  ['timings with ±', '1.2 µs ± 3 ns', '900 ns ± 10 ns'],
  ['numbers of processes', 'pid 4711', 'pid: 12'],
  ['floats within a millionth', 'mean 0.30000000000000004', 'mean 0.3'],
  ['exponents', '1e-3', '0.001'],
  ['zeros of arithmetic', '1.2e-17', '0.0'],
  ['padding of a table', 'a    b', 'a b'],
])('takes for the same: %s', (_what, recorded, found) => {
  expect(differences([printed(recorded)], [printed(found)], about)).toEqual([]);
});

it.each<Texts>([
  ['whole numbers', '1000000', '1000001'],
  ['a whole number and a fraction', '3', '3.0'],
  ['floats', '0.3', '0.3001'],
  ['order of keys', "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}"],
  ['a date in the data', 'born 1999-01-01 10:00', 'born 1999-01-02 10:00'],
  ['a moment that was near then, and one that is not', 'at 2026-11-30 12:00', 'at 2026-10-30 12:00'],
  ['a time that the line does not call one', 'wait 5 s', 'wait 6 s'],
  ['a number and no number', 'n = 1', 'n = x'],
  ['values of different forms', 'at 0x7f3a1b2c', 'at 123'],
  ['more values', 'n = 1', 'n = 1 2'],
  ['what no seconds since 1970 are', 'epoch 5', `epoch ${seconds}`],
  ['future seconds', `epoch ${Number(seconds) + 200_000}`, `epoch ${seconds}`],
  ['a line more', 'a\nb', 'a\nb\nc'],
  ['spaces before', 'if x:\n  y', 'if x:\ny'],
  [
    'lines too long to look at',
    `0x7f3a1b2c3d4e ${'x'.repeat(100_000)}`,
    `0x55d0c0ffee01 ${'x'.repeat(100_000)}`,
  ],
])('takes for different: %s', (_what, recorded, found) => {
  const [one, ...more] = differences([printed(recorded)], [printed(found)], about);
  expect(more).toEqual([]);
  expect(one).toMatchObject({ kind: 'result', what: 'The text is another.', recorded, found });
});

it('shows only the lines that differ, and not those that are alike', () => {
  const [one] = differences(
    [printed('at 0x7f3a1b2c3d4e\nn = 1\nend')],
    [printed('at 0x55d0c0ffee01\nn = 2\nend')],
    about,
  );
  expect(one?.diff).toBe('@@ -1 +1 @@\n at 0x7f3a1b2c3d4e\n-n = 1\n+n = 2\n end');
});

it('lets numbers be any in a cell that is random, and looks at no image', () => {
  const random = { now, isRandom: true };
  expect(differences([printed('got 17')], [printed('got 3')], random)).toEqual([]);
  expect(differences([printed('got 17')], [printed('had 3')], random)).toHaveLength(1);
  for (const kind of ['image/png', 'image/jpeg']) {
    expect(differences([shown({ [kind]: 'aaaa' })], [shown({ [kind]: 'bbbb' })], random)).toEqual([]);
  }
});

it('shows as much of a long difference as a reader wants, and says how much there is', () => {
  const lines = (word: string): string => Array.from({ length: 200 }, (_, n) => `${word} ${n}`).join('\n');
  const [many] = differences([printed(lines('old'))], [printed(lines('new'))], about);
  expect(many?.diff?.split('\n')).toHaveLength(81);
  expect(many?.diff).toMatch(/\(\d+ more lines\)$/);
  const [long] = differences([printed('x'.repeat(5000))], [printed('y')], about);
  expect(long?.diff).toContain(`-${'x'.repeat(399)}…\n+y`);
  const texts = ['a', 'b'].map((word) => Array.from({ length: 5000 }, (_, n) => `${word}${n}`).join('\n'));
  const [all] = differences([printed(texts[0]!)], [printed(texts[1]!)], about);
  expect(all?.diff).toBe('Almost every line differs.');
  const [fresh] = differences([printed('', 'stderr')], [printed('warned', 'stderr')], about);
  expect(fresh).toMatchObject({ what: 'The text on stderr is another.', diff: '@@ -1 +1 @@\n+warned' });
});

const html = (...rows: readonly (readonly string[])[]): NotebookOutput =>
  shown({
    'text/html': `<table>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`,
  });

interface Displays {
  readonly what: string;
  readonly recorded: readonly NotebookOutput[];
  readonly found: readonly NotebookOutput[];
  /** Absent: they are the same. */
  readonly says?: object;
}

it.each<Displays>([
  { what: 'nothing and nothing', recorded: [], found: [] },
  {
    what: 'nothing and something',
    recorded: [],
    found: [printed('a\n'), printed('w', 'stderr'), shown({ 'text/html': 'b' })],
    says: { kind: 'missing', found: 'a\n\nw\ntext/html' },
  },
  {
    what: 'numbers of displays',
    recorded: [shown({ 'text/plain': 'a' })],
    found: [],
    says: {
      what: 'There was 1 display, and now there are 0.',
      recorded: 'text/plain',
      found: 'none',
    },
  },
  {
    what: 'one display more',
    recorded: [printed('a')],
    found: [printed('a'), shown({ 'image/png': '' })],
    says: { what: 'There were 0 displays, and now there is 1.', found: 'image/png' },
  },
  {
    what: 'kinds of display',
    recorded: [shown({ 'text/plain': 'a' })],
    found: [shown({ 'text/plain': 'a', 'text/html': '<b>a</b>' })],
    says: { what: 'A display is of another kind.', recorded: 'text/plain', found: 'text/html' },
  },
  {
    what: 'kinds that are not known',
    recorded: [shown({ 'application/x-model': 1 })],
    found: [shown({ 'application/x-model': 2 })],
  },
  {
    what: 'JSON',
    recorded: [shown({ 'application/json': { a: 1, b: [0.5] } })],
    found: [shown({ 'application/json': { a: 1, b: [0.5000000001] } })],
  },
  {
    what: 'JSON with another value',
    recorded: [shown({ 'application/json': { a: 1 } })],
    found: [shown({ 'application/json': { a: 2 } })],
    says: {
      what: 'What is shown (application/json) is another.',
      diff: '@@ -1 +1 @@\n {\n- "a": 1\n+ "a": 2\n }',
    },
  },
  {
    what: 'JPEGs',
    recorded: [shown({ 'image/jpeg': 'aaaa' })],
    found: [shown({ 'image/jpeg': 'bbbb' })],
    says: { what: 'The image (image/jpeg) is not the same, byte for byte.' },
  },
  {
    what: 'equal GIFs',
    recorded: [shown({ 'image/gif': 'aaaa' })],
    found: [shown({ 'image/gif': 'aaaa' })],
  },
  {
    what: 'drawings, as text',
    recorded: [shown({ 'image/svg+xml': '<svg id="0x7f3a1b2c3d4e"/>' })],
    found: [shown({ 'image/svg+xml': '<svg id="0x55d0c0ffee01"/>' })],
  },
  {
    what: 'lines that the notebook keeps apart',
    recorded: [shown({ 'text/markdown': ['# A\n', 'b'] })],
    found: [shown({ 'text/markdown': '# A\nb' })],
  },
  {
    what: 'HTML that is no table',
    recorded: [shown({ 'text/html': '<p>a</p>' })],
    found: [shown({ 'text/html': '<p>b</p>' })],
    says: { what: 'What is shown (text/html) is another.', recorded: '<p>a</p>' },
  },
  {
    what: 'a table and what is none',
    recorded: [html(['a'])],
    found: [shown({ 'text/html': '<p>a</p>' })],
    says: { what: 'What is shown (text/html) is another.' },
  },
  {
    what: 'tables with volatile cells',
    recorded: [html(['', 'at'], ['x', '0x7f3a1b2c3d4e'])],
    found: [html(['', 'at'], ['x', '0x55d0c0ffee01'])],
  },
  {
    what: 'a cell of a table',
    recorded: [html(['', 'a &lt; b'], ['x', '1'], ['', '2'])],
    found: [html(['', 'a &lt; b'], ['x', '3'], ['', '4'])],
    says: {
      what: 'The table is another.',
      diff: '-row x, column a < b: 1\n+row x, column a < b: 3\n-row 3, column a < b: 2\n+row 3, column a < b: 4',
    },
  },
  {
    what: 'a column more, without a head',
    recorded: [html(['', 'a'], ['x', '1'])],
    found: [html(['', 'a'], ['x', '1', '2'])],
    says: {
      diff: '-table of 2 rows, 2 columns\n+table of 2 rows, 3 columns\n-row x, column 3: \n+row x, column 3: 2',
    },
  },
  {
    what: 'a row less',
    recorded: [html(['', 'a'], ['x', '1'])],
    found: [html(['', 'a'])],
    says: { diff: '-table of 2 rows, 2 columns\n+table of 1 rows, 2 columns\n-x | 1' },
  },
  {
    what: 'tables without rows',
    recorded: [shown({ 'text/html': '<table></table>' })],
    found: [shown({ 'text/html': '<table ></table>' })],
  },
  {
    what: 'errors in their traceback alone',
    recorded: [failed('ValueError', 'at 0x7f3a1b2c3d4e', ['line 1'])],
    found: [failed('ValueError', 'at 0x55d0c0ffee01', ['line 7'])],
  },
  {
    what: 'errors in their name',
    recorded: [failed('ValueError', 'no')],
    found: [failed('KeyError', 'no')],
    says: {
      what: 'It failed then and fails now, in another way.',
      recorded: 'ValueError: no',
      found: 'KeyError: no',
    },
  },
  {
    what: 'errors of a helper and of a cell',
    recorded: [ended('error', failed('ValueError', 'no'))],
    found: [failed('ValueError', 'no')],
  },
  {
    what: 'a helper that took too long',
    recorded: [printed('a'), ended('timeout')],
    found: [printed('a')],
    says: { what: 'It failed then, and now it does not.', recorded: 'timeout', found: 'it ran through' },
  },
  {
    what: 'a helper that died now',
    recorded: [printed('a')],
    found: [printed('a'), ended('died')],
    says: { what: 'It fails now, and did not when it was recorded.', found: 'died' },
  },
  {
    what: 'a helper stopped after it failed',
    recorded: [failed('ValueError', 'no'), ended('interrupted')],
    found: [failed('ValueError', 'no'), ended('interrupted')],
  },
])('compares $what', ({ recorded, found, says }) => {
  const all = differences(recorded, found, about);
  if (says === undefined) expect(all).toEqual([]);
  else expect(all).toMatchObject([says]);
});

it('names twenty cells of a table at most, and counts the others', () => {
  const rows = (value: string): NotebookOutput =>
    html(['', 'a'], ...Array.from({ length: 30 }, () => ['r', value]));
  const [one] = differences([rows('x')], [rows('y')], about);
  expect(one?.diff?.split('\n')).toHaveLength(41);
  expect(one?.diff).toContain('(20 more lines)');
});

/** Of the field that a bar from the bottom to `top` fills. */
const bar = (top: number) => (x: number, y: number) => (x > 40 && x < 90 && y > top ? 30 : 255);
const clear = png(200, 100, () => undefined);
const header = (width: number, height: number): string => {
  const bytes = Buffer.from(clear, 'base64');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
};

it.each<readonly [what: string, recorded: string, found: string, says?: string]>([
  ['line breaks in the base64', clear, clear.replaceAll(/(.{76})/g, '$1\n')],
  [
    'a finer edge',
    png(200, 100, bar(20)),
    png(200, 100, (x, y) => (x === 90 && y > 20 ? 128 : bar(20)(x, y))),
  ],
  [
    'one drawn a hundredth larger',
    png(640, 640, (x, y) => bar(20)(x / 4, y / 4)),
    png(646, 646, (x, y) => bar(20)(x / 4.04, y / 4.04)),
  ],
  ['white and nothing', png(200, 100, () => 255), clear],
  ['images smaller than what is looked at', png(8, 8, () => 100), png(8, 8, () => 101)],
  ['a bar’s height', png(200, 100, bar(20)), png(200, 100, bar(60)), 'The image looks different in'],
  [
    'another shade everywhere',
    png(64, 64, () => 100),
    png(64, 64, () => 110),
    'different in 0.1 % of its area.',
  ],
  ['a size', png(200, 100, bar(20)), png(200, 150, bar(20)), 'was 200 × 100 pixels large and is 200 × 150.'],
  [
    'what is no image',
    clear,
    Buffer.from('no image at all, though it has enough bytes').toString('base64'),
    'byte for byte',
  ],
  ['too little', clear, 'aaaa', 'byte for byte'],
  [
    'an image that is cut off',
    clear,
    Buffer.from(clear, 'base64').subarray(0, 60).toString('base64'),
    'byte for byte',
  ],
  ['an image that says that it has no width', clear, header(0, 100), 'byte for byte'],
  ['an image that says that it is huge', clear, header(65_535, 65_535), 'byte for byte'],
])('looks at images: %s', (_what, recorded, found, says) => {
  const all = differences([shown({ 'image/png': recorded })], [shown({ 'image/png': found })], about);
  if (says === undefined) expect(all).toEqual([]);
  else expect(all).toMatchObject([{ kind: 'result', what: expect.stringContaining(says) as string }]);
});

it.each([
  ['the key is sk-1.', 'the key is sk-1.', true],
  ['the key is sk-1.', 'the key is sk-2.', false],
  ['the key is [redacted].', 'the key is sk-2.', true],
  ['[redacted] and [redacted]', 'sk-1 and sk-2', true],
  ['[redacted]', '', true],
  ['the key is [redacted].', 'My key is sk-2.', false],
  ['the key is [redacted].', 'the key is sk-2!', false],
  ['a [redacted] b [redacted] c', 'a sk-1 c', false],
  ['aba[redacted]aba', 'aba', false],
])('takes %j for %j where a secret was taken out: %s', (recorded, found, same) => {
  expect(isSame(recorded, found)).toBe(same);
});
