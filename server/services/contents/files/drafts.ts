import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { codeOf } from './errors.ts';
import type { Folder } from './folder.ts';
import { moveToNew, removeTree } from './trees.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const pattern = /^\.~replique-[0-9a-f]{16}\.draft$/;
/** Nobody writes so long on one draft. */
const staleMs = 3_600_000;
const mostSwept = 10_000;

/** Of a file or directory that is being written. */
export const newDraftName = (): string => `.~replique-${randomBytes(8).toString('hex')}.draft`;

/** A file that is being written next to the one that it will replace: a power cut leaves the old one or the new one. */
export class Draft {
  readonly handle: FileHandle;
  readonly #folder: Folder;
  readonly #name: string;

  private constructor(handle: FileHandle, folder: Folder, name: string) {
    this.handle = handle;
    this.#folder = folder;
    this.#name = name;
  }

  /**
   * @param folder stays open as long as the draft
   * @param before the file that it will replace, whose mode, owner and group it takes over
   * @throws Error EACCES where that file may not be written
   */
  static async begin(folder: Folder, name: string, before: Stats | undefined): Promise<Draft> {
    if (before !== undefined) await access(folder.at(name), constants.W_OK);
    const draftName = newDraftName();
    const handle = await open(folder.at(draftName), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
    const draft = new Draft(handle, folder, draftName);
    try {
      if (before !== undefined) await takeOver(handle, before);
      return draft;
    } catch (error) {
      await draft.drop();
      throw error;
    }
  }

  /** Puts it where it belongs, when all of it is on the disk. */
  async finish(name: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await rename(this.#folder.at(this.#name), this.#folder.at(name));
    await this.#folder.sync();
  }

  /**
   * The same, but for a name that nothing has yet.
   * @throws Error EEXIST
   */
  async finishNew(name: string): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await moveToNew({ folder: this.#folder, name: this.#name }, { folder: this.#folder, name });
    await this.#folder.sync();
  }

  /** Nothing of it is kept. */
  async drop(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await unlink(this.#folder.at(this.#name)).catch(() => undefined);
  }
}

/** Writes bytes that come in pieces. */
export async function writePieces(handle: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  let left = pieces;
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left);
    left = left.flatMap((piece) => {
      const done = Math.min(bytesWritten, piece.length);
      bytesWritten -= done;
      return done === piece.length ? [] : [piece.subarray(done)];
    });
  }
}

/** Writes a file whole or not at all. @param fill writes what is to be in it */
export async function replaceFile(
  folder: Folder,
  name: string,
  before: Stats | undefined,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const draft = await Draft.begin(folder, name, before);
  try {
    await fill(draft.handle);
    await draft.finish(name);
  } catch (error) {
    await draft.drop();
    throw error;
  }
}

/** Removes drafts that a server left which was killed; looks once into each directory. */
export class StaleDrafts {
  readonly #seen = new Set<string>();

  async sweep(folder: Folder): Promise<void> {
    const status = await folder.status('.');
    const key = `${status?.dev}:${status?.ino}`;
    if (this.#seen.has(key)) return;
    if (this.#seen.size >= mostSwept) this.#seen.clear();
    this.#seen.add(key);
    for (const name of await folder.names().catch(() => [])) {
      if (!pattern.test(name)) continue;
      const draft = await folder.status(name);
      if (draft === undefined || Date.now() - draft.mtimeMs < staleMs) continue;
      await removeTree(folder, name).catch(() => undefined);
    }
  }
}

/** Only root may give files away, and others only to their own groups: where that fails, the mode counts. */
async function takeOver(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const own = await handle.stat();
  if (own.uid !== uid || own.gid !== gid) {
    await handle.chown(uid, gid).catch((error: unknown) => {
      if (codeOf(error) !== 'EPERM') throw error;
    });
  }
  await handle.chmod(mode & 0o7777);
}
