import { randomBytes } from 'node:crypto';
import { lstat, mkdir, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { dataDir, homeDir } from '../../../../kernel/paths.ts';
import { HttpError } from '../../../http/errors.ts';
import { codeOf } from './errors.ts';
import type { Entry } from './trees.ts';

/** More of one name are found under a random one. */
const mostOfOneName = 100;

/**
 * Moves an entry to the user's trash, from where a desktop can bring it back: that of the home directory, or that of the disk
 * on which the entry lies (FreeDesktop's Trash specification 1.0; on macOS, ~/.Trash).
 * @param path where it lies for people, absolute
 * @throws HttpError 400 where there is no place for it
 */
export async function moveToTrash(entry: Entry, path: string): Promise<void> {
  const real = join(await realpath(dirname(path)), basename(path));
  try {
    await moveInto(entry, real, homeTrash());
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw refused(error);
    const top = await topOfDisk(dirname(real));
    await moveInto(entry, real, { directory: join(top, `.Trash-${process.getuid?.() ?? 0}`), top }).catch(
      (problem: unknown) => {
        throw refused(problem);
      },
    );
  }
}

interface Trash {
  readonly directory: string;
  /** What paths are relative to; nothing: they are absolute. */
  readonly top?: string;
}

const homeTrash = (): Trash =>
  process.platform === 'darwin'
    ? { directory: join(homeDir(), '.Trash') }
    : { directory: join(dirname(dataDir()), 'Trash') };

async function moveInto({ folder, name }: Entry, path: string, { directory, top }: Trash): Promise<void> {
  const isMac = process.platform === 'darwin';
  const [files, info] = isMac ? [directory, undefined] : [join(directory, 'files'), join(directory, 'info')];
  for (const each of [files, info])
    if (each !== undefined) await mkdir(each, { recursive: true, mode: 0o700 });
  const kept = await reserve(name, async (candidate) => {
    if (info === undefined) return writeFile(join(files, candidate), '', { flag: 'wx' });
    const shown = top === undefined ? path : relative(top, path);
    const encoded = shown.split('/').map(encodeURIComponent).join('/');
    const date = localTime(new Date());
    const text = `[Trash Info]\nPath=${encoded}\nDeletionDate=${date}\n`;
    const note = join(info, `${candidate}.trashinfo`);
    await writeFile(note, text, { flag: 'wx', mode: 0o600 });
    if (await isThere(join(files, candidate))) {
      await unlink(note);
      throw taken;
    }
  });
  try {
    if (isMac) await unlink(join(files, kept));
    await rename(folder.at(name), join(files, kept));
  } catch (error) {
    if (info !== undefined) await unlink(join(info, `${kept}.trashinfo`)).catch(() => undefined);
    throw error;
  }
}

/** What lies in the trash without a note, as a program leaves it that is killed, keeps its name. */
const taken = Object.assign(new Error('file already exists'), { code: 'EEXIST' });

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** A name that is free in the trash. */
async function reserve(name: string, take: (candidate: string) => Promise<void>): Promise<string> {
  const short = Buffer.byteLength(name) > 200 ? 'deleted' : name;
  for (let number = 1; ; number += 1) {
    const end = number <= mostOfOneName ? `${number}` : randomBytes(8).toString('hex');
    const candidate = number === 1 ? short : `${short}.${end}`;
    try {
      await take(candidate);
      return candidate;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function topOfDisk(path: string): Promise<string> {
  const { dev } = await stat(path);
  let top = path;
  while (dirname(top) !== top && (await stat(dirname(top))).dev === dev) top = dirname(top);
  return top;
}

/** The specification wants the user's own time. */
function localTime(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

function refused(error: unknown): HttpError {
  const problem = codeOf(error) ?? String(error);
  return new HttpError(
    400,
    `It can't be moved to the trash (${problem}). Start the server with --no-trash to delete for good.`,
    'no trash',
  );
}
