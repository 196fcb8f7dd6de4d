import { describe, expect, it } from 'vitest';
import { bytesOf, nameOf } from '../../../kernel/sandbox/files/names.ts';
import { isProtectedDirectory, isProtectedFile } from '../../../kernel/sandbox/protected/names.ts';

describe('a protected name', () => {
  it.each([
    '.git',
    '.GIT',
    '.g\u200cit',
    '.git\ufeff',
    '.ｇit',
    '.vſcode',
    '.huſky',
    'project.git',
    'Project.GIT',
  ])('is known however a filesystem may spell it: %j', (name) =>
    expect(isProtectedDirectory(name)).toBe(true),
  );

  it.each(['.baſhrc', '.env\u200b', 'Work.IPYNB', 'work.ip\u00adynb', 'HEAD', '\udcff.ipynb'])(
    '… of a file: %j',
    (name) => expect(isProtectedFile(name)).toBe(true),
  );

  it.each(['git', 'data.csv', 'été.csv', 'head.csv'])('is not %j', (name) =>
    expect(isProtectedFile(name) || isProtectedDirectory(name)).toBe(false),
  );
});

describe('the name of a file', () => {
  it.each(['plain', 'é', '😀', '\ufffd', '字.ipynb'])('that is text is that text: %j', (text) => {
    expect(nameOf(Buffer.from(text))).toBe(text);
    expect(bytesOf(text)).toEqual(Buffer.from(text));
  });

  it.each([
    [0xff],
    [0x61, 0x80, 0x62],
    [0xc3],
    [0xed, 0xa0, 0x80],
    [0xc3, 0xa9, 0xff],
    [0xef, 0xbf, 0xbd, 0xff],
  ])('that is none can be told again: %j %j %j %j', (...bytes) => {
    expect(bytesOf(nameOf(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
  });
});
