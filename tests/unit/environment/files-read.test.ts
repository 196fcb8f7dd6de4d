import { expect, it } from 'vitest';
import { FilesRead } from '../../../kernel/environment/files-read.ts';

const file = (hash: string, more: object = {}) => ({ kind: 'file', hash, kept: true, size: 1, ...more });

it('files that were read are told once, with what each held when it was first read', () => {
  let hash = 'a';
  const files = new FilesRead({ held: () => file(hash), isClean: () => true });
  files.opened(['sales.csv', 'sales.csv']);
  hash = 'b';
  files.opened(['sales.csv', 'notes.txt']);
  expect(files.take()).toEqual([
    { path: 'sales.csv', sha256: 'a' },
    { path: 'notes.txt', sha256: 'b' },
  ]);
  expect(files.take()).toEqual([]);
});

it('nothing is told of what is no known file, too large, not read, or a secret; and of no more than a hundred', () => {
  const held = (path: string) =>
    ({
      'a-folder': file('a', { kind: 'directory' }),
      'large.bin': file('a', { size: 33 * 2 ** 20 }),
      'unread.bin': file('a', { kept: false }),
      '../etc/passwd': undefined,
    })[path] ?? (path.startsWith('..') ? undefined : file('a'));
  const files = new FilesRead({ held, isClean: (path) => !path.includes('hunter2') });
  files.opened(['a-folder', 'large.bin', 'unread.bin', '../etc/passwd', 'hunter2.txt']);
  expect(files.take()).toEqual([]);
  files.opened(Array.from({ length: 300 }, (_, n) => `${n}.txt`));
  expect(files.take()).toHaveLength(100);
});
