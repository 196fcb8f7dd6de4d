import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editNotebook } from '../../../server/cli/notebook/edit.ts';
import { readNotebook } from '../../../server/cli/notebook/read.ts';
import type { Executed } from '../../../server/cli/notebook/results.ts';
import { temporaryDirectory } from './temporary.ts';

const read = async (text: string) => {
  const path = join(temporaryDirectory(), 'n.ipynb');
  writeFileSync(path, text);
  return readNotebook(path);
};

const printed = (text: string): Executed => ({
  executionCount: 7,
  outputs: [{ output_type: 'stream', name: 'stdout', text }],
});

/** As no serialiser of ours would write it: numbers, escapes, order and blanks of a hand. */
const byHand = `{
  "nbformat": 4, "nbformat_minor": 4,
  "metadata": {"scale": 1.0, "id": 12345678901234567890, "name": "caf\\u00e9 \\/", "e": 1E2},
  "cells": [
    {
      "source": ["one\\n", "two"],
      "cell_type": "code",
      "outputs": [ ],
      "metadata": {"x": 0.10},
      "execution_count": null
    },
    {
      "cell_type": "code",
      "source": "print(\\"]}\\\\\\")",
      "metadata": {}, "outputs": [], "execution_count": 2
    }
  ]
}`;

describe('a notebook of which one cell changes', () => {
  it('keeps every other byte', async () => {
    const file = await read(byHand);
    const edited = editNotebook(file, { results: new Map([[0, printed('a\nb')]]) });
    const changed = byHand
      .replace('"outputs": [ ]', () => JSON.stringify({ outputs: [] }).slice(1, 11) + ' @')
      .replace('"execution_count": null', '"execution_count": 7');
    const [before = '', after = ''] = changed.split('@');
    expect(edited.startsWith(before)).toBe(true);
    expect(edited.endsWith(after)).toBe(true);
    expect(JSON.parse(edited)).toMatchObject({
      cells: [{ outputs: [{ text: ['a\n', 'b'] }] }, { execution_count: 2 }],
    });
    expect(edited).toContain('      "outputs": [\n        {\n          "output_type": "stream",');
  });

  it('is the same where nothing changes, whatever JSON it holds', async () => {
    const seed = Date.now();
    const cell = fc.record({
      cell_type: fc.constant('code'),
      source: fc.string(),
      metadata: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    const book = fc.record({ cells: fc.array(cell), extra: fc.jsonValue() });
    const indent = fc.constantFrom(undefined, 1, 2, '\t');
    await fc.assert(
      fc.asyncProperty(book, indent, async (value, space) => {
        const content = { nbformat: 4, nbformat_minor: 5, metadata: {}, ...value };
        const text = JSON.stringify(content, null, space);
        const file = await read(text);
        expect(editNotebook(file, { results: new Map() })).toBe(text);
        const results = new Map(value.cells.map((_, index) => [index, printed(String(index))]));
        const edited = JSON.parse(editNotebook(file, { results })) as { cells: { outputs: unknown }[] };
        const expected = value.cells.map((one, index) => ({
          ...one,
          execution_count: 7,
          outputs: [{ output_type: 'stream', name: 'stdout', text: [String(index)] }],
        }));
        expect(edited).toEqual(JSON.parse(JSON.stringify({ ...content, cells: expected })));
      }),
      { seed, numRuns: 50 },
    );
  });

  it('counts the last of two properties of one name, as JSON does', async () => {
    const text = byHand.replace('"outputs": [ ],', '"outputs": [1], "outputs": [ ],');
    const edited = editNotebook(await read(text), { results: new Map([[0, printed('x')]]) });
    expect(edited).toContain('"outputs": [1], "outputs": [\n');
  });

  it('gets a cell of parameters behind the tagged one, or in the place of an earlier one', async () => {
    const added = {
      index: 1,
      replaces: false,
      source: '# Parameters\nn = 3\n',
      tags: ['injected-parameters'],
    };
    const edited = editNotebook(await read(byHand), { added, results: new Map() });
    expect(JSON.parse(edited)).toMatchObject({ cells: [{}, { source: ['# Parameters\n', 'n = 3\n'] }, {}] });
    const again = editNotebook(await read(edited), {
      added: { ...added, replaces: true, source: 'm = 1' },
      results: new Map(),
    });
    expect(JSON.parse(again)).toMatchObject({ cells: [{}, { source: ['m = 1'] }, { execution_count: 2 }] });
    const empty = await read('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}');
    const first = editNotebook(empty, { added: { ...added, index: 0 }, results: new Map() });
    expect(JSON.parse(first)).toMatchObject({ cells: [{ id: expect.any(String) as string }] });
  });
});

describe('a notebook that was executed', () => {
  const executed = { languageInfo: { name: 'replique' } };

  it('is nbformat 4.5 with ids, leaves cells without a result unexecuted, and loses nothing', async () => {
    const file = await read(byHand);
    const edited = editNotebook(file, { results: new Map([[0, printed('a')]]), executed });
    expect(JSON.parse(edited)).toMatchObject({
      nbformat_minor: 5,
      metadata: { language_info: { name: 'replique' } },
      cells: [
        { execution_count: 7, id: expect.stringMatching(/^[\w-]{8}$/) as string },
        { execution_count: null, outputs: [], id: expect.any(String) as string },
      ],
    });
    for (const kept of ['1.0', '12345678901234567890', 'caf\\u00e9 \\/', '1E2', '0.10'])
      expect(edited).toContain(kept);
    expect(edited.endsWith('}\n')).toBe(true);
  });

  it('is put in lines where it was all in one, numbers as they were', async () => {
    const line =
      '{"cells":[{"cell_type":"code","source":"","metadata":{"a":1.0,"b":[],"c":{}}}],"nbformat":4,"nbformat_minor":5}';
    const edited = editNotebook(await read(line), { results: new Map(), executed });
    expect(edited).toContain('   "metadata": {\n    "a": 1.0,\n    "b": [],\n    "c": {}\n   }\n  }');
    expect(edited).toContain(' "metadata": {\n  "language_info": {\n   "name": "replique"\n  }\n },');
  });

  it('gives new ids in the place of those that stand twice or are none', async () => {
    const cell = (id: unknown) => ({ cell_type: 'markdown', source: '', metadata: {}, id });
    const cells = [cell('same'), cell('same'), cell('not an id'), cell(5)];
    const file = await read(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
    const edited = JSON.parse(editNotebook(file, { results: new Map(), executed })) as {
      cells: { id: string }[];
    };
    const ids = edited.cells.map(({ id }) => id);
    expect(ids[0]).toBe('same');
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[\w-]{1,64}$/);
  });
});
