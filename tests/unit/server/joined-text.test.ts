import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNotebook } from '../../../server/services/contents/notebook/document.ts';
import { sayTrusted } from '../../../server/services/contents/notebook/joined-text.ts';
import { joinLines } from '../../../server/services/contents/notebook/lines.ts';
import { asNotebook, NotebookProblem } from '../../../server/services/contents/notebook/structure.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);

const line = fc.constantFrom(
  'a\n',
  'b"\\',
  '\\',
  '',
  'é\n',
  '\ud83d',
  '\ude00',
  'x'.repeat(200),
  `${'y'.repeat(130)}\\"`,
);
const lines = fc.oneof(fc.array(line, { maxLength: 4 }), line);
/** A text, or what may stand in its place. */
const texts = fc.oneof(
  { weight: 9, arbitrary: lines },
  { weight: 1, arbitrary: fc.constantFrom([1], ['a', 2], {}, null, [['a']]) },
);
const bundle = fc.dictionary(
  fc.constantFrom('text/plain', 'text/html', 'image/png', 'application/json', 'application/x+json', 'text'),
  texts,
  { maxKeys: 3 },
);
const output = fc.record(
  {
    output_type: fc.constantFrom('stream', 'display_data', 'execute_result', 'error', 'later', ''),
    text: texts,
    data: bundle,
    metadata: fc.record({ text: lines, source: lines }, { requiredKeys: [] }),
    traceback: fc.array(line, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const cell = fc.record(
  {
    cell_type: fc.constantFrom('code', 'code', 'markdown'),
    id: fc.uuid(),
    metadata: fc.record(
      { source: lines, trusted: fc.boolean(), outputs: fc.constant([{ text: ['a'] }]) },
      { requiredKeys: [] },
    ),
    source: texts,
    outputs: fc.array(output, { maxLength: 3 }),
    attachments: fc.dictionary(fc.constantFrom('a.png', 'text'), bundle, { maxKeys: 2 }),
  },
  { requiredKeys: ['cell_type', 'metadata'] },
);
const notebook = fc.record({
  nbformat: fc.constant(4),
  nbformat_minor: fc.constantFrom(4, 5),
  metadata: fc.record(
    { cells: fc.constant([{ source: ['a', 'b'] }]), signature: fc.string() },
    { requiredKeys: [] },
  ),
  cells: fc.array(cell, { maxLength: 4 }),
});

/** What is said of cells in a notebook that is read: all but ids, which are made where they are missing. */
const without = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      ['id', 'trusted', 'signature'].includes(key) ? undefined : each,
    ),
  );

describe(`a notebook whose lines are joined before it is parsed (seed ${seed})`, () => {
  it('is what it is when they are joined afterwards', () => {
    fc.assert(
      fc.property(notebook, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        let wanted: unknown;
        try {
          const read = asNotebook(JSON.parse(text));
          joinLines(read);
          wanted = without(read);
        } catch (error) {
          if (!(error instanceof NotebookProblem)) throw error;
          expect(() => readNotebook(Buffer.from(text))).toThrow(error.message);
          return;
        }
        expect(without(readNotebook(Buffer.from(text)).notebook)).toEqual(wanted);
      }),
      { seed, numRuns: 1000 },
    );
  });

  it('can be served as its file’s own text, with what is said of trust in it', () => {
    let served = 0;
    fc.assert(
      fc.property(notebook, fc.constantFrom(undefined, 1), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        let read;
        try {
          read = readNotebook(Buffer.from(text));
        } catch {
          return;
        }
        if (read.text?.slots === undefined) return;
        served += 1;
        const { cells } = read.notebook;
        for (const [index, each] of cells.entries()) {
          if (each['cell_type'] === 'code') each.metadata['trusted'] = index % 2 === 0;
        }
        sayTrusted(
          read.text,
          read.text.slots,
          cells.map(({ metadata }) => metadata['trusted']),
        );
        expect(JSON.parse(read.text.bytes.toString())).toEqual(read.notebook);
      }),
      { seed, numRuns: 1000 },
    );
    expect(served).toBeGreaterThan(10);
  });

  it.each([
    [
      'two metadata in a cell',
      '{"cell_type":"code","metadata":{},"metadata":{"a":1},"outputs":[],"source":""}',
    ],
    [
      'a key that is written in another way',
      '{"cell_type":"code","meta\\u0064ata":{},"outputs":[],"source":""}',
    ],
    [
      'two metadata in a cell and none that is seen in the next',
      '{"cell_type":"code","metadata":{},"metadata":{},"source":""},{"cell_type":"code","meta\\u0064ata":{},"source":""}',
    ],
    [
      'a mark of trust of its own',
      '{"cell_type":"code","metadata":{"trusted":true},"outputs":[],"source":""}',
    ],
  ])('is not served so with %s', (_what, text) => {
    const read = readNotebook(
      Buffer.from(`{"cells":[${text}],"metadata":{},"nbformat":4,"nbformat_minor":4}`),
    );
    expect(read.notebook.cells[0]?.metadata).not.toHaveProperty('trusted');
    expect(read.text).toBeUndefined();
  });

  it.each(['["a" "b"]', '["a",]', '[,"a"]', '["a"', '["a"}', '["a","b'])(
    'is none where its lines are %s',
    (source) => {
      const text = `{"cells":[{"cell_type":"raw","metadata":{},"source":${source}}],"metadata":{},"nbformat":4}`;
      expect(() => readNotebook(Buffer.from(text))).toThrow('does not appear to be JSON');
    },
  );
});
