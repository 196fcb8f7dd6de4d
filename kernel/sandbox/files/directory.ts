import type { BigIntStats, Dirent, PathLike } from 'node:fs';
import { chmod, lstat, open, opendir, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { hasDescriptorPaths, openDirectory, openFile, openUnreadable } from './descriptors.ts';
import { bytesOf, isExact, nameOf } from './names.ts';

const ownerWrites = 0o300;

/**
 * An open directory of the workspace. What lies in it is reached from its descriptor, one name at a time and never
 * through a link, so that code which swaps a directory for a link meanwhile leads nowhere (openat(2) with O_NOFOLLOW,
 * by the paths below /proc/self/fd).
 */
export class Directory {
  /** Relative to the first one; empty for that. */
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #place: string;

  private constructor(handle: FileHandle, place: string, path: string) {
    this.#handle = handle;
    this.#place = hasDescriptorPaths ? `/proc/self/fd/${handle.fd}` : place;
    this.path = path;
  }

  /** @throws Error where there is none, or a link */
  static async open(path: string): Promise<Directory> {
    return new Directory(await open(path, openDirectory), path, '');
  }

  /** A path of that name in it, good as long as this is open. */
  at(name: string): PathLike {
    return isExact(name)
      ? join(this.#place, name)
      : Buffer.concat([Buffer.from(`${this.#place}/`), bytesOf(name)]);
  }

  /** What is in it. @throws Error where that can't be read */
  async entries(): Promise<readonly Dirent[]> {
    const entries = await readdir(this.#place, { withFileTypes: true });
    if (entries.every(({ name }) => isExact(name))) return entries;
    const asBytes = await readdir(this.#place, { withFileTypes: true, encoding: 'buffer' });
    return asBytes.map((entry) => Object.assign(entry, { name: nameOf(entry.name) }));
  }

  /** Up to so many of what is in it, in no order. @throws Error where that can't be read */
  async some(most: number): Promise<readonly Dirent[]> {
    const found: Dirent[] = [];
    for await (const entry of await opendir(this.#place)) {
      found.push(entry);
      if (found.length === most) break;
    }
    return found;
  }

  /** A directory in it; `undefined` where the name is no longer one. */
  async directory(name: string): Promise<Directory | undefined> {
    const place = this.at(name);
    const handle = await open(place, openDirectory).catch(() => undefined);
    return handle && new Directory(handle, place.toString(), join(this.path, name));
  }

  /** A regular file in it, opened to be read; `undefined` for anything else. */
  async file(name: string): Promise<FileHandle | undefined> {
    const handle = await open(this.at(name), openFile).catch(() => undefined);
    if (handle === undefined || (await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  }

  /** Of the entry itself, not of what a link leads to. */
  status(name: string): Promise<BigIntStats | undefined> {
    return lstat(this.at(name), { bigint: true }).catch(() => undefined);
  }

  /** Sets the permissions of a directory in it, also of one that can't be read; never of what a link leads to. */
  async setMode(name: string, mode: number): Promise<void> {
    if (!hasDescriptorPaths) return;
    const handle = await open(this.at(name), openUnreadable);
    try {
      await chmod(`/proc/self/fd/${handle.fd}`, mode);
    } finally {
      await handle.close();
    }
  }

  /** Does what needs the right to write in it, also where its owner has none, and leaves its permissions as they were. */
  async writing<T>(action: () => Promise<T>): Promise<T> {
    const mode = (await this.#handle.stat()).mode & 0o7777;
    if ((mode & ownerWrites) === ownerWrites) return action();
    await this.#handle.chmod(mode | ownerWrites);
    try {
      return await action();
    } finally {
      await this.#handle.chmod(mode);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export interface Found {
  readonly parent: Directory;
  readonly entry: Dirent;
  /** Relative to where the walk began. */
  readonly path: string;
}

interface WalkOptions {
  /** How many directories deep; 0: the first one only. */
  readonly depth: number;
  /** As many entries are looked at. */
  readonly entries: number;
  /** Whether to go into a directory; the entry itself is given anyway. */
  readonly enters?: (found: Found) => boolean | Promise<boolean>;
  /** Told of what was there and not looked into: a directory that can't be opened or lies too deep, one entry too many. */
  readonly onUnseen?: (found: Found) => void | Promise<void>;
}

/**
 * Everything below a directory, files before directories, each by name; `parent` is open until the next is asked for.
 * @throws Error where the directory itself can't be read
 */
export async function* walk(root: Directory, options: WalkOptions): AsyncGenerator<Found> {
  const budget = { entries: options.entries };
  yield* walkFrom(root, await root.entries(), options, options.depth, budget);
}

async function* walkFrom(
  parent: Directory,
  unsorted: readonly Dirent[],
  options: WalkOptions,
  depth: number,
  budget: { entries: number },
): AsyncGenerator<Found> {
  const entries = [...unsorted];
  entries.sort((a, b) => Number(a.isDirectory()) - Number(b.isDirectory()) || (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const found = { parent, entry, path: join(parent.path, entry.name) };
    budget.entries -= 1;
    if (budget.entries < 0) {
      await options.onUnseen?.(found);
      return;
    }
    yield found;
    if (!entry.isDirectory() || (await options.enters?.(found)) === false) continue;
    const child = depth === 0 ? undefined : await parent.directory(entry.name);
    if (child === undefined) {
      await options.onUnseen?.(found);
      continue;
    }
    try {
      const inside = await child.entries().catch(() => undefined);
      if (inside === undefined) await options.onUnseen?.(found);
      else yield* walkFrom(child, inside, options, depth - 1, budget);
    } finally {
      await child.close();
    }
  }
}
