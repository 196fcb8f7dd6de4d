import type { Stats } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { HttpError } from '../../../http/errors.ts';
import { failedWith } from './errors.ts';
import { Folder } from './folder.ts';

/** As many links as Linux follows in one path. */
const mostLinks = 40;

/** What the system says of a step when the entry has become another since it was looked at. */
const changing = ['ENOTDIR', 'ELOOP', 'EINVAL', 'ENOENT'];

/** Where a path leads: an entry of an open directory, which may not be there (yet). */
export interface Place {
  readonly folder: Folder;
  /** `.` where it is the folder itself. */
  readonly name: string;
  /** Of the entry itself; `undefined` where there is none. */
  readonly status: Stats | undefined;
}

export interface Steps {
  readonly segments: readonly string[];
  /** Whether a link at the end is followed as those before it are. */
  readonly follow: boolean;
}

/** The directory that is served. Paths are walked from it step by step; links count as long as they stay in it. */
export class Root {
  /** As it was configured. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Does something at a place, and closes its directory after it.
   * @throws HttpError 404 for what lies outside, or where a directory on the way is missing
   */
  async at<T>(steps: Steps, action: (place: Place) => Promise<T>): Promise<T> {
    const place = await this.locate(steps);
    try {
      return await action(place);
    } finally {
      await place.folder.close();
    }
  }

  /** Where a path leads. Who calls closes its directory. */
  async locate({ segments, follow }: Steps): Promise<Place> {
    const walk = new Walk(await this.#real());
    try {
      return await walk.go(segments, follow);
    } catch (error) {
      throw failedWith(error, ...changing) ? notThere(segments) : error;
    } finally {
      await walk.leave();
    }
  }

  /** @throws HttpError 404 */
  async #real(): Promise<string> {
    try {
      return await realpath(this.path);
    } catch {
      throw new HttpError(
        404,
        `The directory that is served is gone: ${this.path}. Make it again.`,
        'root is gone',
      );
    }
  }
}

/** One walk: the directories from the root to where it is, all open. */
class Walk {
  readonly #root: string;
  #folders: Folder[] = [];
  #links = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async go(segments: readonly string[], follow: boolean): Promise<Place> {
    this.#folders.push(await Folder.open(this.#root));
    const pending = [...segments];
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '.' || name === '') continue;
      if (name === '..') {
        await this.#up(segments);
        continue;
      }
      const folder = this.#here();
      const status = await folder.status(name);
      const isLast = pending.every((rest) => rest === '' || rest === '.');
      if (status?.isSymbolicLink() === true && (follow || !isLast)) {
        pending.unshift(...(await this.#target(folder, name, segments)));
        continue;
      }
      if (isLast) return this.#arrive(name, status);
      if (status?.isDirectory() !== true) throw notThere(segments);
      this.#folders.push(await folder.folder(name));
    }
    return this.#arrive('.', await this.#here().status('.'));
  }

  /** Closes what was walked through. */
  async leave(): Promise<void> {
    for (const folder of this.#folders.splice(0)) await folder.close();
  }

  #here(): Folder {
    const folder = this.#folders.at(-1);
    if (folder === undefined) throw new Error('The walk has ended.');
    return folder;
  }

  #arrive(name: string, status: Stats | undefined): Place {
    const folder = this.#here();
    this.#folders.pop();
    return { folder, name, status };
  }

  async #up(segments: readonly string[]): Promise<void> {
    if (this.#folders.length === 1) throw notThere(segments);
    await this.#folders.pop()?.close();
  }

  /** The steps that a link stands for, from the directory in which the walk goes on. */
  async #target(folder: Folder, name: string, segments: readonly string[]): Promise<string[]> {
    this.#links += 1;
    if (this.#links > mostLinks) throw notThere(segments);
    const target = await readlink(folder.at(name));
    if (!isAbsolute(target)) return target.split('/');
    const top = this.#root === '/' ? '' : this.#root;
    if (target !== top && !target.startsWith(`${top}/`)) throw notThere(segments);
    for (const each of this.#folders.splice(1)) await each.close();
    return target.slice(top.length).split('/');
  }
}

const notThere = (segments: readonly string[]): HttpError =>
  new HttpError(404, `file or directory does not exist: ${segments.join('/')}`);
