import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeError } from '../../kernel/errors.ts';
import { makeDirectories, readRegularFile } from '../../kernel/files.ts';
import { dataDir } from '../../kernel/paths.ts';
import { environment } from './server/temporary.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'replique-files-'))));
afterEach(() => rmSync(directory, { recursive: true }));

describe('readRegularFile', () => {
  it('reads a file up to the bound', () => {
    const file = join(directory, 'file');
    writeFileSync(file, 'é'.repeat(50));
    expect(readRegularFile(file, 100)).toBe('é'.repeat(50));
    expect(() => readRegularFile(file, 99)).toThrow('it is larger than 99 bytes');
    writeFileSync(file, '');
    expect(readRegularFile(file, 100)).toBe('');
  });

  it.each(['/dev/zero', '/dev', '/proc/self/fd'])('refuses %s, which is no file', (path) => {
    expect(() => readRegularFile(path, 100)).toThrow('it is not a regular file');
  });

  it('keeps the code of what the system says', () => {
    expect(() => readRegularFile(join(directory, 'none'), 1)).toThrow(
      expect.objectContaining({ code: 'ENOENT' }) as Error,
    );
  });
});

describe('makeDirectories', () => {
  it('makes what is missing, with the mode, and takes what is there', () => {
    const path = join(directory, 'a', 'b', 'c');
    makeDirectories(path, 0o700);
    makeDirectories(path);
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700);
    symlinkSync(path, join(directory, 'link'));
    makeDirectories(join(directory, 'link'));
  });

  it.each([
    ['file', 'EEXIST'],
    ['file/below', 'ENOTDIR'],
    ['dangling', 'EEXIST'],
  ])('says that %s can’t be made (%s)', (name, code) => {
    writeFileSync(join(directory, 'file'), '');
    symlinkSync('nowhere', join(directory, 'dangling'));
    const refused = expect(() => makeDirectories(join(directory, name)));
    refused.toThrow(expect.objectContaining({ code: 'NOT_WRITABLE' }) as Error);
    refused.toThrow(code);
  });

  it('names the variable that moves what Replique keeps, and only for that', () => {
    writeFileSync(join(directory, 'file'), '');
    environment({ XDG_DATA_HOME: join(directory, 'file') });
    const remedyFor = (path: string) => {
      try {
        makeDirectories(path);
      } catch (error) {
        return describeError(error, false);
      }
      return undefined;
    };
    expect(remedyFor(join(dataDir(), 'models'))).toContain('name another place with XDG_DATA_HOME.');
    expect(remedyFor(dataDir())).toContain('with XDG_DATA_HOME.');
    expect(remedyFor(`${dataDir()}-other`)).toContain('name another place.');
  });
});
