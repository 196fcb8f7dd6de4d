import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { HttpError } from '../../../http/errors.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const openFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
/** A pipe would wait for its other end. */
const openRegular = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
/** Where a descriptor's directory can be named as part of a path; elsewhere a directory is found again by its path. */
const hasDescriptorPaths = process.platform === 'linux';

/** An open file that is a regular one, and what it was when it was opened. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly status: Stats;
}

/**
 * An open directory. What lies in it is reached from its descriptor by one name, never through a link (openat(2) with
 * O_NOFOLLOW, by the paths below /proc/self/fd), so that who swaps a directory for a link meanwhile leads nowhere.
 */
export class Folder {
  readonly #handle: FileHandle;
  readonly #place: string;

  private constructor(handle: FileHandle, place: string) {
    this.#handle = handle;
    this.#place = hasDescriptorPaths ? `/proc/self/fd/${handle.fd}` : place;
  }

  /** @param path of which the last part is no link */
  static async open(path: string): Promise<Folder> {
    return new Folder(await open(path, openFolder), path);
  }

  /** A path of that name in it, good as long as this is open. `.` is the directory itself. */
  at(name: string): string {
    return name === '.' ? `${this.#place}/.` : join(this.#place, name);
  }

  folder(name: string): Promise<Folder> {
    return Folder.open(this.at(name));
  }

  /** Of the entry itself, not of what a link leads to. */
  async status(name: string): Promise<Stats | undefined> {
    try {
      return await lstat(this.at(name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw error;
    }
  }

  names(): Promise<string[]> {
    return readdir(this.#place);
  }

  /**
   * Opens a regular file to be read. Who calls closes it.
   * @throws HttpError 400 for anything else
   */
  async file(name: string): Promise<OpenFile> {
    const handle = await open(this.at(name), openRegular);
    try {
      const status = await handle.stat();
      if (status.isFile()) return { handle, status };
      throw new HttpError(400, `${name} is not a regular file`, 'bad type');
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Waits until the names in it are on the disk. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
