import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../server/services/contents/notebook/lines.ts';
import { Random } from '../../fuzz/random.ts';
import { judged, ours } from '../../support/nbformat.ts';

const odd: readonly unknown[] = [
  null,
  true,
  -1,
  3,
  '',
  'text',
  'a,b',
  'x\ny',
  [],
  ['a', 'b'],
  [1],
  ['a', 'a'],
  {},
  { a: 1 },
];

/** A good notebook of a minor format, with all that the format knows. */
function good(random: Random): Record<string, unknown> {
  const minor = random.below(8);
  const id = (index: number): object => (minor >= 5 ? { id: `cell-${index}` } : {});
  const data = {
    'text/plain': ['a\n', 'b'],
    'image/png': 'aGk=',
    'application/json': { a: [1, 'x'] },
    'text/html': '<b>',
  };
  const outputs = [
    { output_type: 'stream', name: 'stdout', text: ['1\n', '2'] },
    { output_type: 'display_data', metadata: {}, data },
    { output_type: 'execute_result', metadata: { m: 1 }, data, execution_count: 2 },
    { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
  ];
  const attachments = { 'a.png': { 'image/png': 'aGk=', 'text/plain': ['x', 'y'] } };
  const metadata = { tags: ['a', 'b'], name: 'n', jupyter: { source_hidden: true } };
  const execution = { 'iopub.status.busy': 'now' };
  const cells = [
    {
      cell_type: 'code',
      metadata: { ...metadata, collapsed: true, scrolled: 'auto', execution, trusted: true },
      source: ['a\n', 'b'],
      outputs,
      execution_count: 1,
    },
    { cell_type: 'markdown', metadata, source: '# x\r\ny', attachments },
    { cell_type: 'raw', metadata: { ...metadata, format: 'text/html' }, source: '' },
  ].map((cell, index) => ({ ...cell, ...id(index) }));
  const top = {
    kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' },
    language_info: {
      name: 'python',
      codemirror_mode: { name: 'x' },
      file_extension: '.py',
      mimetype: 'a',
      pygments_lexer: 'b',
    },
    ...{ title: 't', authors: [{ name: 'n' }], orig_nbformat: 4, signature: 's' },
  };
  return { metadata: top, nbformat: 4, nbformat_minor: minor, cells };
}

/** Changes one place in it: removes a key, adds one, or puts something odd there. */
function mutate(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.12)) return random.pick(odd);
  if (Array.isArray(value)) {
    if (value.length === 0) return [random.pick(odd)];
    const at = random.below(value.length);
    return value.map((each: unknown, index) => (index === at ? mutate(each, random) : each));
  }
  const entries = Object.entries(value);
  const [key] = random.pick(entries.length === 0 ? [['a', 1] as const] : entries);
  if (random.chance(0.1)) return Object.fromEntries(entries.filter(([each]) => each !== key));
  if (random.chance(0.1)) return { ...value, unheard_of: random.pick(odd) };
  return { ...value, [key]: mutate((value as Record<string, unknown>)[key], random) };
}

describe('notebooks, held against nbformat itself', () => {
  it('reads, writes and faults the same ones, whatever is wrong in one place', { timeout: 120_000 }, () => {
    const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 11);
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    const texts = Array.from({ length: 800 }, (_each, index) => {
      const notebook = good(random);
      return JSON.stringify(index % 10 === 0 ? notebook : mutate(notebook, random));
    });
    for (const [index, verdict] of judged(texts).entries()) {
      const text = texts[index]!;
      const own = ours(text);
      // They empty one of a format before 3 (to Python, `true` is 1).
      const { nbformat } = (JSON.parse(text) ?? {}) as { nbformat?: unknown };
      if (nbformat !== 3 && nbformat !== 4) {
        expect(own.unreadable, text).toBe(true);
        continue;
      }
      // A part that is not of its kind: one of the two can't go on, and then the other must at least find fault with it.
      if (own.unreadable !== verdict.unreadable) {
        expect(own.fault ?? verdict.fault, text).toBe(true);
        continue;
      }
      expect({ ...own, problem: 0, notebook: 0, written: 0 }, text).toEqual({
        ...verdict,
        problem: 0,
        notebook: 0,
        written: 0,
      });
      if (own.unreadable || madeUp(text)) continue;
      expect(own.notebook, text).toEqual(verdict.notebook);
      if (verdict.written) expect(own.written, text).toBe(`${verdict.written}\n`);
    }
  });

  it('upgrades a notebook of nbformat 3 as nbformat does', () => {
    const outputs = [
      { output_type: 'pyout', prompt_number: 3, text: ['4\n'], html: '<b>4</b>', metadata: {} },
      { output_type: 'stream', stream: 'stderr', text: ['e\n', 'f'] },
      { output_type: 'pyerr', ename: 'E', evalue: 'v', traceback: ['t'] },
      { output_type: 'display_data', png: 'aGk=', json: '{"a": 1}', metadata: {} },
    ];
    const cells = [
      { cell_type: 'heading', level: 2, metadata: {}, source: ['A title\n', 'in two lines'] },
      {
        cell_type: 'code',
        language: 'python',
        collapsed: false,
        input: ['1 +\n', '3'],
        prompt_number: 3,
        outputs,
      },
      { cell_type: 'markdown', metadata: {}, source: 'text' },
    ];
    const old = {
      nbformat: 3,
      nbformat_minor: 0,
      metadata: { name: 'old', kept: 1 },
      worksheets: [{ cells, metadata: {} }],
    };
    const text = JSON.stringify(old);
    const withoutIds = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'id' ? undefined : each)));
    const [verdict] = judged([text]);
    expect(withoutIds(ours(text).notebook)).toEqual(withoutIds(verdict?.notebook));
  });

  it.each(['', 'a', 'a\n', '\n\n', 'a\r\nb\rc', 'a\u2028b\x0bc\x1cd\x85e', '\r\n', 'ends\r'])(
    'cuts %j into lines',
    (text) => {
      const script = 'import json,sys;print(json.dumps(json.load(sys.stdin).splitlines(True)))';
      const lines = execFileSync('python3', ['-c', script], { input: JSON.stringify(text) });
      expect(linesOf(text)).toEqual(JSON.parse(lines.toString()));
    },
  );
});

/** Whether ids are made up for it, which are others each time with nbformat. */
function madeUp(text: string): boolean {
  const { nbformat_minor: minor, cells } = JSON.parse(text) as {
    nbformat_minor: number;
    cells: { id?: unknown }[];
  };
  const ids = cells.map(({ id }) => id);
  return minor >= 5 && (ids.some((id) => id === undefined) || new Set(ids).size < ids.length);
}
