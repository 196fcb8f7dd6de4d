import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isWithin,
  openWorkspace,
  outermost,
  revealingProcFiles,
  rootEntries,
} from '../../../kernel/sandbox/mounts.ts';

describe('isWithin', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/a/..b', '/a', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a', '/', true],
    ['/b', '/a', false],
  ])('%s in %s: %s', (path, directory, expected) => {
    expect(isWithin(path, directory)).toBe(expected);
  });
});

describe('outermost', () => {
  it('leaves out what lies in another one, and what is there twice', () => {
    expect(outermost(['/a/b', '/a', '/c', '/a', '/ab'])).toEqual(['/a', '/c', '/ab']);
  });
});

describe('openWorkspace', () => {
  let top: string;

  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-mounts-')));
    mkdirSync(join(top, 'folder'));
    symlinkSync('folder', join(top, 'link'));
    mkdirSync(join(top, 'folder', 'below'));
    writeFileSync(join(top, 'file'), '');
  });

  afterEach(() => rmSync(top, { recursive: true }));

  it('opens the folder that was named', () => {
    const fd = openWorkspace(join(top, 'folder'));
    expect(fstatSync(fd).ino).toBe(statSync(join(top, 'folder')).ino);
    closeSync(fd);
  });

  it.each([
    ['link', /can't be opened/],
    ['link/below', /reached over a symbolic link/],
    ['file', /can't be opened as a directory \(ENOTDIR\)/],
    ['absent', /ENOENT/],
  ])('refuses %s', (name, problem) => {
    expect(() => openWorkspace(join(top, name))).toThrow(problem);
  });
});

describe('the system', () => {
  it('has its root folders as they are', () => {
    for (const { path, link } of rootEntries()) {
      expect(statSync(path).isDirectory()).toBe(true);
      if (link !== undefined) expect(realpathSync(path)).toBe(realpathSync(join('/', link)));
    }
    expect(rootEntries().map(({ path }) => path)).toContain('/bin');
  });

  it('names only files of /proc that exist', () => {
    expect(revealingProcFiles().every((path) => existsSync(path))).toBe(true);
    expect(revealingProcFiles()).toContain('/proc/cmdline');
  });
});
