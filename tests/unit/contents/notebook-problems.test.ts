import { beforeAll, describe, expect, it } from 'vitest';
import { judged, ours, type Verdict } from '../../support/nbformat.ts';

const code = { cell_type: 'code', metadata: {}, source: '', outputs: [], execution_count: null };
const markdown = { cell_type: 'markdown', metadata: {}, source: '' };
const shown = { output_type: 'display_data', metadata: {}, data: {} };
const notebook = (more: object = {}, minor: unknown = 4): object => ({
  ...{ metadata: {}, nbformat: 4, nbformat_minor: minor, cells: [] },
  ...more,
});
const about = (metadata: object, minor = 4): object => notebook({ metadata }, minor);
const withCell = (cell: object, minor = 4): object => notebook({ cells: [cell] }, minor);
const withCode = (more: object, minor = 4): object => withCell({ ...code, ...more }, minor);
const withMeta = (metadata: object, minor = 4): object => withCode({ metadata }, minor);
const withOutput = (output: unknown, minor = 4): object => withCode({ outputs: [output] }, minor);
const language = (more: object): object => about({ language_info: { name: 'x', ...more } });
const old = (more: object): object => ({
  ...{ nbformat: 3, nbformat_minor: 0, metadata: {}, worksheets: [] },
  ...more,
});
const oldCells = (...cells: unknown[]): object => old({ worksheets: [{ cells }] });
const oldOutput = (output: object): object =>
  oldCells({ cell_type: 'code', input: 'x', metadata: {}, outputs: [output] });
function nested(depth: number): object {
  let value: object = {};
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return about({ value });
}

/** What we say of each; nbformat must find fault with it, too, or not be able to read it. */
const faulty: readonly (readonly [string, object])[] = [
  ["'nbformat_minor' is a required property", notebook({ nbformat_minor: undefined })],
  ['nbformat_minor must be an integer', notebook({}, -1)],
  ['its nbformat_minor is no number', notebook({}, 'x')],
  ['its "metadata" is missing', notebook({ metadata: 1 })],
  ['its "cells" are missing', notebook({ cells: {} })],
  ['"odd" was unexpected', notebook({ odd: 1 })],
  ['metadata.kernelspec must be an object', about({ kernelspec: 1 })],
  ['metadata.kernelspec.display_name must be a string', about({ kernelspec: { name: 'x' } })],
  ['metadata.language_info must be an object', about({ language_info: [] })],
  ['metadata.language_info.name must be a string', about({ language_info: {} })],
  ['codemirror_mode must be a string or an object', language({ codemirror_mode: 1 })],
  ['metadata.language_info.mimetype must be a string', language({ mimetype: 1 })],
  ['metadata.title must be a string', about({ title: 1 })],
  ['metadata.authors must be a list', about({ authors: 'me' })],
  ['cell 1 is no object', withCell([])],
  ['cell 1 has no "metadata"', withCell({ cell_type: 'raw', source: '' })],
  ['cell_type is none of', withCell({ ...markdown, cell_type: 'constructor' })],
  ['cell_type is none of', withCell({ ...markdown, cell_type: undefined }, 9)],
  ['id must be 1 to 64 letters', withCell({ ...markdown, id: 'a b' }, 5)],
  ['"id" was unexpected', withCell({ ...markdown, id: 'a' })],
  ['source must be a string', withCell({ ...markdown, source: 1 })],
  ['a text in it is a list of other things', withCell({ ...markdown, source: [1] })],
  ['"attachments" that are no objects', withCell({ ...markdown, attachments: { 'a.png': 1 } })],
  ['attachments["image/png"] must be', withCell({ ...markdown, attachments: { a: { 'image/png': 1 } } })],
  ['metadata.format must be a string', withCell({ ...markdown, cell_type: 'raw', metadata: { format: 1 } })],
  ['metadata.jupyter must be an object', withMeta({ jupyter: 1 })],
  ['metadata.collapsed must be true or false', withMeta({ collapsed: 1 })],
  ['metadata.scrolled must be', withMeta({ scrolled: 'x' })],
  ['metadata.execution must be an object of strings', withMeta({ execution: { a: 1 } })],
  ['metadata.name must be a string', withMeta({ name: '' })],
  ['metadata.tags must be a list', withMeta({ tags: ['a', 'a'] })],
  ['metadata.tags must be a list', withMeta({ tags: ['a,b'] })],
  ['execution_count must be null', withCode({ execution_count: 'x' })],
  ["'outputs' is a required property", withCode({ outputs: undefined })],
  ['"outputs" that are no list', withCode({ outputs: [1] })],
  ['output whose "data" are no object', withOutput({ ...shown, data: 1 })],
  ['output_type is none of', withOutput({ output_type: 'pyout' })],
  ['output_type is none of', withOutput({}, 9)],
  ['"odd" was unexpected', withOutput({ ...shown, odd: 1 })],
  ["'data' is a required property", withOutput({ ...shown, data: undefined })],
  ['metadata must be an object', withOutput({ ...shown, metadata: 1 })],
  ['data["text/plain"] must be', withOutput({ ...shown, data: { 'text/plain': [1] } })],
  ['execution_count must be', withOutput({ ...shown, output_type: 'execute_result', execution_count: -1 })],
  ['name must be a string', withOutput({ output_type: 'stream', name: 1, text: '' })],
  ['text must be a string', withOutput({ output_type: 'stream', name: 'stdout', text: 1 })],
  ['must be strings', withOutput({ output_type: 'error', ename: 1, evalue: '', traceback: [] })],
  ['traceback must be', withOutput({ output_type: 'error', ename: '', evalue: '', traceback: [1] })],
  ['its "metadata" is missing', old({ metadata: undefined })],
  ['output_type is none of', oldOutput({ output_type: 'odd' })],
  ['its "worksheets" are missing', old({ worksheets: 1 })],
  ['its "cells" are missing', old({ worksheets: [{}] })],
  ['a cell has "metadata" that are no object', oldCells({ cell_type: 'markdown', metadata: 1 })],
  ['an output has "metadata" that are no object', oldOutput({ output_type: 'pyout', metadata: 1 })],
  ['an output of JSON in it is no JSON', oldOutput({ output_type: 'display_data', json: '{' })],
];

/** Both take these, and make the same of them. */
const good: readonly (readonly [string, object])[] = [
  ['a code cell without outputs that is read all the same', notebook({ cells: [] }, 0)],
  ['no title before 4.2', about({ title: 1 }, 1)],
  ['anything in `jupyter` before 4.3', withMeta({ jupyter: 1 }, 2)],
  ['any times before 4.4', withMeta({ execution: 1 }, 3)],
  ['keys of a later format', notebook({ odd: 1 }, 9)],
  ['cells of a later format', withCell({ cell_type: 'new', id: 'a', metadata: {} }, 9)],
  ['outputs of a later format', withCode({ id: 'a', outputs: [{ output_type: 'new' }] }, 9)],
  ['JSON as it stands', withOutput({ ...shown, data: { 'application/x+json': ['a', 'b'] } })],
  ['texts in lines', withOutput({ ...shown, data: { 'image/svg+xml': ['a\n', 'b'] } })],
  ['scrolling, counts and modes', withMeta({ scrolled: false, collapsed: true, name: 'x', tags: ['a'] })],
  ['a mode by name', language({ codemirror_mode: 'x', file_extension: '.x' })],
  [
    'an attachment',
    withCell({ ...markdown, attachments: { a: { 'image/png': 'aGk=', 'application/json': 1 } } }),
  ],
  ['an old heading', oldCells({ cell_type: 'heading', level: 3, source: ['a\r', 'b'], metadata: {} })],
  ['old HTML', oldCells({ cell_type: 'html', source: '<b>', metadata: {} })],
  ['an old cell that is collapsed', oldCells({ ...code, input: '1', collapsed: true, metadata: { a: 1 } })],
  ['old JSON', oldOutput({ output_type: 'display_data', json: ['{"a"', ': 1}'], metadata: { png: 1 } })],
  ['an old format of no name', oldOutput({ output_type: 'display_data', 'text/odd': 'x', metadata: {} })],
  ['an old notebook of no minor format', old({ nbformat_minor: undefined })],
  ['an old stream of no name', oldOutput({ output_type: 'stream', text: 'x' })],
];

const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (key, each: unknown) => (key === 'id' ? undefined : each)));

describe('what is said of notebooks, held against nbformat itself', { timeout: 60_000 }, () => {
  let verdicts: readonly Verdict[];
  beforeAll(() => {
    verdicts = judged([...faulty, ...good].map(([, each]) => JSON.stringify(each)));
  });

  it.each(faulty.map(([said, each], index) => [said, each, index] as const))(
    '%s: %j',
    (said, each, index) => {
      expect(ours(JSON.stringify(each)).problem).toContain(said);
      const { unreadable, fault } = verdicts[index]!;
      expect(unreadable ?? fault).toBe(true);
    },
  );

  it.each(good.map(([name, each], index) => [name, each, index] as const))(
    '%s is fine: %j',
    (_name, each, index) => {
      const own = ours(JSON.stringify(each));
      const their = verdicts[faulty.length + index]!;
      expect([own.problem, their.fault]).toEqual([undefined, false]);
      expect(withoutIds(own.notebook)).toEqual(withoutIds(their.notebook));
    },
  );

  it('makes a heading of an old one, whatever its level says', () => {
    const levels = [9, 0, 'x'].map((level) => oldCells({ cell_type: 'heading', level, source: 'a' }));
    const sources = levels.map((each) => {
      const { cells } = ours(JSON.stringify(each)).notebook as { cells: { source: string }[] };
      return cells[0]?.source;
    });
    expect(sources).toEqual(['###### a', '# a', '# a']);
  });

  it('is nested deeper than what walks it can go', () => {
    expect(ours(JSON.stringify(nested(150))).problem).toBeUndefined();
    expect(ours(JSON.stringify(nested(250))).problem).toBe('it is nested deeper than 200 levels');
  });
});
