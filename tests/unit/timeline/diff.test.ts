import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mark } from '../../../kernel/loop/mark.ts';
import { compareFiles, compareTalk, compareVariables } from '../../../kernel/timeline/diff.ts';
import { FileGround } from '../../support/file-ground.ts';

type Kind = Mark['entries'][number]['parts'][number]['kind'];

const talk = (...said: readonly (readonly ['user' | 'assistant', Kind, string])[]): Mark => ({
  cell: 0,
  entries: said.map(([role, kind, text]) => ({ role, cell: 0, parts: [{ kind, text }] })),
  said: { memory: [] },
  trail: '',
});

describe('what differs in what was said', () => {
  it('is told with who said it, line by line, without notes and tags', () => {
    const shared = ['user', 'words', 'Hello'] as const;
    const a = talk(
      shared,
      ['assistant', 'words', 'I look.\n<helpers lang="python">\nif x:\n  print(x)\n</helpers>'],
      ['user', 'note', 'hidden'],
      ['user', 'result', '<result status="error">\nNameError: x\n</result>'],
    );
    const b = talk(shared, ['user', 'result', '<result status="ok">\n42\n</result>'], ['user', 'words', '']);
    expect(compareTalk(a, b).lines).toEqual([
      ...['- model:', '-     I look.', '-     if x:', '-       print(x)'],
      ...['- result (error): NameError: x', '+ result: 42', '+ you: '],
    ]);
  });

  it('is cut after twelve lines, and so is a long line', () => {
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, at) => `l${at}`.padEnd(305, '.')).join('\n');
    const shown = compareTalk(talk(), talk(['assistant', 'words', lines(13)])).lines;
    expect(shown).toHaveLength(14);
    expect(shown.at(-2)).toBe(`+     ${'l11'.padEnd(300, '.')}`);
    expect(shown.at(-1)).toBe('+     …');
    expect(compareTalk(talk(), talk(['assistant', 'words', lines(12)])).lines).toHaveLength(13);
  });

  it('names ten messages and how many more there are', () => {
    const many = Array.from({ length: 13 }, (_, at) => ['user', 'words', `m${at}`] as const);
    const { lines } = compareTalk(talk(), talk(...many));
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('+ … and 3 more');
  });
});

describe('what differs in variables', () => {
  it('is told, new, gone or changed', () => {
    const before = [
      { name: 'x', value: '1' },
      { name: 'old', value: '[1,\n 2]' },
      { name: 'same', value: '0' },
    ];
    const after = [
      { name: 'x', value: '2' },
      { name: 'same', value: '0' },
      { name: 'young', value: '3' },
    ];
    expect(compareVariables(before, after).lines).toEqual([
      '- x: 1',
      '+ x: 2',
      '- old: [1, 2]',
      '+ young: 3',
    ]);
  });

  it.each([
    [undefined, []],
    [[], undefined],
  ])('is not guessed where memory is not kept at both places', (a, b) => {
    expect(compareVariables(a, b).lines).toEqual([
      'Python’s memory is not kept at both places, so it is not compared.',
    ]);
  });
});

describe('what differs in files', () => {
  let ground: FileGround;
  beforeEach(() => {
    ground = new FileGround();
  });
  afterEach(() => ground.remove());

  /** From before that run to after it, and back. */
  async function sectionsOf(act: () => void): Promise<readonly [readonly string[], readonly string[]]> {
    const delta = await ground.run(act);
    const { history } = ground;
    const forth = await compareFiles({ undo: [], redo: [delta] }, history);
    return [forth.lines, (await compareFiles({ undo: [delta], redo: [] }, history)).lines];
  }

  it('is told by their lines, made, changed or gone', async () => {
    ground.put('changed', 'a\nb\n');
    ground.put('gone', 'x\n');
    const [forth, back] = await sectionsOf(() => {
      ground.put('changed', 'a\nc\n');
      ground.put('made', 'new\n');
      rmSync(ground.at('gone'));
    });
    expect(forth.filter((line) => !line.startsWith(' '))).toEqual(['± changed', '- gone', '+ made']);
    expect(forth).toEqual(expect.arrayContaining(['    -b', '    +c', '    -x', '    +new']));
    expect(back.filter((line) => !line.startsWith(' '))).toEqual(['± changed', '+ gone', '- made']);
  });

  it('is told by sizes of what is no text or too long to be shown', async () => {
    const [forth, back] = await sectionsOf(() => {
      writeFileSync(ground.at('bytes'), Buffer.from([0, 255, 0]));
      ground.put('long', 'x'.repeat(70_000));
    });
    expect(forth).toEqual(['+ bytes', '    none → 3 bytes', '+ long', '    none → 70000 bytes']);
    expect(back).toContain('    3 bytes → none');
  });

  it('is cut to what can be read: 60 lines of each, and 20 files', async () => {
    const [long] = await sectionsOf(() => ground.put('long', 'line\n'.repeat(100)));
    expect(long).toHaveLength(62);
    expect(long.at(-1)).toMatch(/… \d+ more lines$/);
    const [many] = await sectionsOf(() => {
      for (let at = 0; at < 23; at += 1) ground.put(`f${at}`, '');
    });
    expect(many.at(-1)).toBe('… and 3 more files');
  });

  it('that is a page of other words is said to be too different', async () => {
    ground.put('page', Array.from({ length: 9_000 }, (_, at) => `a${at}`).join('\n'));
    const delta = await ground.run(() =>
      ground.put('page', Array.from({ length: 9_000 }, (_, at) => `b${at}`).join('\n')),
    );
    const { lines } = await compareFiles({ undo: [], redo: [delta] }, ground.history);
    expect(lines).toEqual(['± page', '    (too different to be shown)']);
  });
});
