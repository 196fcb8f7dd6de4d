import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Folder } from '../../../server/services/contents/files/folder.ts';
import { moveToTrash } from '../../../server/services/contents/files/trash.ts';

const platform = process.platform;
let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'rtr-')));
  mkdirSync(join(top, 'root'));
  vi.stubEnv('XDG_DATA_HOME', join(top, 'data'));
  vi.stubEnv('HOME', join(top, 'home'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  Object.defineProperty(process, 'platform', { value: platform });
  rmSync(top, { recursive: true });
});

async function trash(directory: string, name: string, content: string): Promise<void> {
  writeFileSync(join(directory, name), content);
  const folder = await Folder.open(directory);
  await moveToTrash({ folder, name }, join(directory, name)).finally(() => folder.close());
}
const kept = (place: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(place)
      .toSorted()
      .map((name) => [name, readFileSync(join(place, name), 'utf8')]),
  );

describe('the trash', () => {
  it('keeps all files of one name, and such as have a long one', async () => {
    for (const content of ['first', 'second']) await trash(join(top, 'root'), 'a.txt', content);
    await trash(join(top, 'root'), 'x'.repeat(250), 'long');
    const place = join(top, 'data', 'Trash');
    expect(kept(join(place, 'files'))).toEqual({ 'a.txt': 'first', 'a.txt.2': 'second', deleted: 'long' });
    expect(readdirSync(join(place, 'info')).toSorted()).toEqual(
      ['a.txt.2', 'a.txt', 'deleted'].map((name) => `${name}.trashinfo`),
    );
    expect(readFileSync(join(place, 'info', 'deleted.trashinfo'), 'utf8')).toContain(
      `Path=${top}/root/${'x'.repeat(250)}\n`,
    );
  });

  it('finds a name for the hundredth file, too', async () => {
    for (let number = 0; number <= 101; number += 1) await trash(join(top, 'root'), 'a', `${number}`);
    const names = readdirSync(join(top, 'data', 'Trash', 'files'));
    expect(names).toHaveLength(102);
    expect(names).toContain('a.100');
    expect(names.filter((name) => /^a\.[0-9a-f]{16}$/.test(name))).toHaveLength(2);
  });

  it('is that of the disk on which a file lies', async () => {
    const disk = mkdtempSync('/dev/shm/rtr-');
    const place = `/dev/shm/.Trash-${process.getuid?.()}`;
    const isNew = !existsSync(place);
    try {
      await trash(disk, 'other.txt', 'elsewhere');
      const [info = ''] = readdirSync(join(place, 'info')).filter((name) =>
        readFileSync(join(place, 'info', name), 'utf8').includes(disk.slice('/dev/shm/'.length)),
      );
      const name = info.replace('.trashinfo', '');
      expect(readFileSync(join(place, 'files', name), 'utf8')).toBe('elsewhere');
      expect(readFileSync(join(place, 'info', info), 'utf8')).toContain(
        `\nPath=${disk.slice('/dev/shm/'.length)}/other.txt\n`,
      );
      rmSync(join(place, 'files', name));
      rmSync(join(place, 'info', info));
      expect(existsSync(join(disk, 'other.txt'))).toBe(false);
    } finally {
      rmSync(disk, { recursive: true });
      if (isNew) rmSync(place, { recursive: true, force: true });
    }
  });

  it('refuses what it has no place for with a sentence, and the file stays', async () => {
    writeFileSync(join(top, 'data'), 'in the way');
    await expect(trash(join(top, 'root'), 'a.txt', 'kept')).rejects.toThrow(/\(ENOTDIR\).*--no-trash/);
    expect(kept(join(top, 'root'))).toEqual({ 'a.txt': 'kept' });
    rmSync(join(top, 'data'));
    mkdirSync(join(top, 'data/Trash/files'), { recursive: true });
    const folder = await Folder.open(join(top, 'root'));
    await expect(moveToTrash({ folder, name: 'gone' }, join(top, 'root/gone'))).rejects.toThrow(/\(ENOENT\)/);
    await folder.close();
    expect(readdirSync(join(top, 'data/Trash/info'))).toEqual([]);
    expect(kept(join(top, 'root'))).toEqual({ 'a.txt': 'kept' });
  });

  it('leaves what lies there without a note', async () => {
    const place = join(top, 'data', 'Trash');
    mkdirSync(join(place, 'files', 'b.txt'), { recursive: true });
    writeFileSync(join(place, 'files', 'a.txt'), 'orphan');
    await trash(join(top, 'root'), 'a.txt', 'first');
    await trash(join(top, 'root'), 'b.txt', 'second');
    expect(readdirSync(join(place, 'info')).toSorted()).toEqual(['a.txt.2.trashinfo', 'b.txt.2.trashinfo']);
    rmSync(join(place, 'files', 'b.txt'), { recursive: true });
    expect(kept(join(place, 'files'))).toEqual({
      'a.txt': 'orphan',
      'a.txt.2': 'first',
      'b.txt.2': 'second',
    });
  });

  it('of macOS is ~/.Trash, without notes', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    for (const content of ['first', 'second']) await trash(join(top, 'root'), 'a.txt', content);
    expect(kept(join(top, 'home', '.Trash'))).toEqual({ 'a.txt': 'first', 'a.txt.2': 'second' });
    mkdirSync(join(top, 'home', 'other'));
    const folder = await Folder.open(join(top, 'home', 'other'));
    await expect(moveToTrash({ folder, name: 'gone' }, join(top, 'home/other/gone'))).rejects.toThrow(
      /ENOENT/,
    );
    await folder.close();
    expect(readdirSync(join(top, 'home', '.Trash'))).toHaveLength(2);
  });
});
