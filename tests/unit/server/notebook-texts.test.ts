import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editNotebook } from '../../../server/cli/notebook/edit.ts';
import { readNotebook } from '../../../server/cli/notebook/read.ts';
import type { Executed } from '../../../server/cli/notebook/results.ts';
import { renderNotebook } from '../../../server/cli/show/render.ts';
import { wrapped } from '../../../server/cli/show/wrap.ts';
import { codeCell, markdownCell, saveNotebook } from '../../support/saved-session.ts';
import { temporaryDirectory } from './temporary.ts';

const read = async (text: string) => {
  const path = join(temporaryDirectory(), 'n.ipynb');
  writeFileSync(path, text);
  return readNotebook(path);
};
const results = (...outputs: Executed['outputs']) => new Map([[0, { executionCount: 2, outputs }]]);
const cellText = '{"cell_type": "code", "source": "", "execution_count": null, "outputs": []}';

describe('a notebook’s text that is edited', () => {
  it.each([
    [
      'without indentation',
      `{\n"cells": [\n${cellText}\n],\n"nbformat": 4, "nbformat_minor": 5}`,
      '"outputs": [\n {\n',
    ],
    [
      'that begins in its first line',
      `{"cells": [\n  ${cellText}], "nbformat": 4, "nbformat_minor": 5}`,
      '"outputs": [\n {\n  "output_type"',
    ],
    [
      'of Windows',
      `{\r\n\t"cells": [\r\n\t\t${cellText}], "nbformat": 4, "nbformat_minor": 5}`,
      '"outputs": [\r\n\t{\r\n\t\t"output_type"',
    ],
    [
      'all in one line',
      `{"cells": [${cellText}], "nbformat": 4, "nbformat_minor": 5}`,
      '"outputs": [{"output_type":"stream"',
    ],
  ])('%s keeps its layout', async (_what, text, part) => {
    const edited = editNotebook(await read(text), {
      results: results({ output_type: 'stream', name: 'stdout', text: 'a' }),
    });
    expect(edited).toContain(part);
    expect(JSON.parse(edited)).toMatchObject({ cells: [{ execution_count: 2, outputs: [{ text: ['a'] }] }] });
  });

  it.each([
    ['"metadata": {}, ', { name: 'replique' }],
    ['', { name: 'replique' }],
    ['"metadata": {"a": 1}, ', { name: 'replique' }],
  ])('has what executed it where it says %j of itself', async (metadata, languageInfo) => {
    const text = `{\n  ${metadata}"cells": [], "nbformat": 4, "nbformat_minor": 2\n}`;
    const edited = editNotebook(await read(text), { results: new Map(), executed: { languageInfo } });
    expect(JSON.parse(edited)).toMatchObject({
      nbformat_minor: 5,
      metadata: { language_info: languageInfo },
    });
  });

  it('has texts of outputs in lines, and other data as they are', async () => {
    const data = {
      'text/html': '<b>\n</b>',
      'image/svg+xml': '<svg>\n</svg>',
      'image/png': 'AA\nBB',
      'x/y+json': { a: 1 },
    };
    const error = { output_type: 'error' as const, ename: 'E', evalue: 'v', traceback: ['a\nb'] };
    const edited = editNotebook(await read(`{"cells": [${cellText}], "nbformat": 4, "nbformat_minor": 5}`), {
      results: results(
        { output_type: 'stream', name: 'stderr', text: '' },
        { output_type: 'display_data', data, metadata: {} },
        error,
      ),
    });
    const { cells } = JSON.parse(edited) as { cells: { outputs: unknown[] }[] };
    expect(cells[0]?.outputs).toEqual([
      { output_type: 'stream', name: 'stderr', text: [] },
      {
        output_type: 'display_data',
        data: { ...data, 'text/html': ['<b>\n', '</b>'], 'image/svg+xml': ['<svg>\n', '</svg>'] },
        metadata: {},
      },
      error,
    ]);
  });
});

it('a notebook whose name no file can have is refused in a sentence', async () => {
  await expect(readNotebook('x'.repeat(5000))).rejects.toThrow('ENAMETOOLONG');
});

describe('a notebook in the terminal', () => {
  const shown = async (cells: readonly unknown[], width = Infinity, colours = false) => {
    const { notebook } = await readNotebook(saveNotebook(temporaryDirectory(), cells));
    return [...renderNotebook(notebook, { width, colours })].join('');
  };
  const result = (data: unknown, execution_count: number | null = null) => ({
    output_type: 'execute_result',
    data,
    metadata: {},
    execution_count,
  });

  it('has no line for an empty cell, and numbers where there are any', async () => {
    const cells = [
      markdownCell(''),
      codeCell('Ask', null, [result({ 'text/plain': 'one' }), result({ 'text/plain': 'two' }, 7)]),
      markdownCell('end'),
    ];
    expect(await shown(cells)).toBe('\nIn [ ]: Ask\nOut[ ]: one\nOut[7]: two\n\nend\n');
  });

  it('names images with the size that can be seen, and nothing by a name that is none', async () => {
    const outputs = [
      result({ 'image/svg+xml': '<svg/>' }),
      result({ 'image/png': 'bm90IGFuIGltYWdl' }),
      result({ 'image/png': 5, 'text/plain': ['in ', 'pieces'] }),
      result({ 'image/\u001b[2J': 'AAAA', 'text/plain': 5 }),
    ];
    expect(await shown([codeCell('Ask', 1, outputs)])).toBe(
      'In [1]: Ask\nOut[ ]: [image/svg+xml, 6 B]\nOut[ ]: [image/png, 12 B]\nOut[ ]: in pieces\nOut[ ]: [2 outputs without a text form]\n',
    );
  });

  it('keeps the colours of an output at a terminal, and ends them with it', async () => {
    const cells = [
      codeCell('Ask', 1, [result({ 'text/plain': '\u001b[31mred' }), result({ 'text/plain': 'plain' })]),
    ];
    expect(await shown(cells, 80, true)).toBe(
      '\u001b[1mIn [1]: Ask\u001b[22m\nOut[ ]: \u001b[31mred\u001b[0m\nOut[ ]: plain\n',
    );
  });

  it.each([
    [
      'leaves all in its line where it is too narrow',
      'one two three four five',
      19,
      'one two three four five',
    ],
    ['breaks no word', `${'x'.repeat(30)} end`, 20, `${'x'.repeat(30)}\nend`],
    ['hangs a list', '1. one two three four five', 20, '1. one two three\n   four five'],
    [
      'hangs what is indented, no deeper than half',
      `${' '.repeat(15)}one two three`,
      20,
      `${' '.repeat(15)}one\n${' '.repeat(10)}two three`,
    ],
    [
      'ends code at a fence as long as its first',
      '````\n```\none two three four five\n````\none two three four five',
      20,
      '````\n```\none two three four five\n````\none two three four\nfive',
    ],
  ])('%s', (_what, text, width, expected) => {
    expect(wrapped(text, width)).toBe(expected);
  });
});
