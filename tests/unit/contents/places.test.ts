import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseApiPath } from '../../../server/services/contents/api-path.ts';
import { Folder } from '../../../server/services/contents/files/folder.ts';
import { Root, type Place } from '../../../server/services/contents/files/root.ts';
import { moveToNew } from '../../../server/services/contents/files/trees.ts';
import { rename } from '../../../server/services/contents/relocate.ts';
import { TrustedOutputs } from '../../../server/services/contents/trusted-outputs.ts';

let top: string;
beforeEach(() => (top = realpathSync(mkdtempSync(join(tmpdir(), 'rpl-')))));
afterEach(() => rmSync(top, { recursive: true }));

describe('moving an entry', () => {
  it('from one disk to another takes it along whole, with its checkpoint', async () => {
    const disk = mkdtempSync('/dev/shm/rpl-');
    try {
      mkdirSync(join(disk, '.ipynb_checkpoints'));
      writeFileSync(join(disk, 'a.txt'), 'moved', { mode: 0o640 });
      writeFileSync(join(disk, '.ipynb_checkpoints', 'gone-checkpoint.txt'), '');
      const move = (from: Place, to: Place): Promise<void> =>
        rename(from, to, parseApiPath('a.txt'), parseApiPath('b.txt'));
      await new Root(disk).at({ segments: ['a.txt'], follow: false }, (from) =>
        new Root(top).at({ segments: ['b.txt'], follow: false }, (to) => move(from, to)),
      );
      expect(readFileSync(join(top, 'b.txt'), 'utf8')).toBe('moved');
      expect(statSync(join(top, 'b.txt')).mode & 0o777).toBe(0o640);
      expect([existsSync(join(disk, 'a.txt')), readdirSync(top)]).toEqual([false, ['b.txt']]);
    } finally {
      rmSync(disk, { recursive: true });
    }
  });

  it('overwrites nothing that somebody else has just made', async () => {
    for (const name of ['one', 'other']) mkdirSync(join(top, name));
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(top, name), name);
    const folder = await Folder.open(top);
    for (const [from, to] of [
      ['one', 'other'],
      ['one', 'a.txt'],
      ['a.txt', 'b.txt'],
    ] as const) {
      await expect(moveToNew({ folder, name: from }, { folder, name: to })).rejects.toMatchObject({
        code: 'EEXIST',
      });
    }
    await moveToNew({ folder, name: 'one' }, { folder, name: 'new' });
    await folder.close();
    expect(readdirSync(top).toSorted()).toEqual(['a.txt', 'b.txt', 'new', 'other']);
    expect(readFileSync(join(top, 'b.txt'), 'utf8')).toBe('b.txt');
  });
});

describe('outputs that are trusted', () => {
  const hash = (index: number): string => index.toString(16).padStart(64, '0');
  const hashes = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_each, index) => hash(from + index));

  it('are remembered after a restart, the last hundred thousand, in a file that does not grow on', async () => {
    const file = join(top, 'data', 'trusted');
    const trust = new TrustedOutputs(file);
    trust.add(hashes(0, 100_000));
    trust.add([hash(5), hash(5)]);
    await trust.close();
    expect(statSync(file)).toMatchObject({ size: 100_000 * 65, mode: 0o100600 });
    trust.add(hashes(100_000, 3));
    expect([trust.has(hash(2)), trust.has(hash(3)), trust.has(hash(100_002))]).toEqual([false, true, true]);
    trust.add(hashes(200_000, 99_999));
    await trust.close();
    expect(statSync(file).size).toBe(100_000 * 65);
    const again = new TrustedOutputs(file);
    expect([100_001, 100_002, 299_998].map((index) => again.has(hash(index)))).toEqual([false, true, true]);
  });

  it('hold as long as the server runs where they can’t be kept', async () => {
    writeFileSync(join(top, 'in the way'), `${hash(1)}\nno hash\n`);
    const trust = new TrustedOutputs(join(top, 'in the way', 'trusted'));
    trust.add([hash(7)]);
    await trust.close();
    expect([trust.has(hash(7)), trust.has(hash(1))]).toEqual([true, false]);
    const read = new TrustedOutputs(join(top, 'in the way'));
    expect([read.has(hash(1)), read.has('no hash')]).toEqual([true, false]);
  });
});
