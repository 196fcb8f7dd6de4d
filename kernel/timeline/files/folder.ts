import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  type BigIntStats,
  type PathLike,
} from 'node:fs';
import { join } from 'node:path';
import {
  hasDescriptorPaths,
  openDirectory,
  openFile,
  openUnreadable,
} from '../../sandbox/files/descriptors.ts';
import { bytesOf, isExact, nameOf } from '../../sandbox/files/names.ts';

const namesAtOnce = 512;

/**
 * An open directory of the workspace whose contents are reached from its descriptor, one name at a time and never
 * through a link, as `Directory` does, but without waiting: a look at 5,000 files costs a quarter of that (14 ms), and
 * nothing of this process runs between a check and the rename that relies on it. Without paths of descriptors (macOS) a
 * directory is found again by its path, each step of which was no link when it was opened.
 */
export class Folder {
  /** Relative to the first one; empty for that. */
  readonly path: string;
  readonly #descriptor: number;
  readonly #place: string;

  private constructor(descriptor: number, place: string, path: string) {
    this.#descriptor = descriptor;
    this.#place = hasDescriptorPaths ? `/proc/self/fd/${descriptor}` : place;
    this.path = path;
  }

  /** @throws Error where there is none, or a link */
  static open(path: string): Folder {
    return new Folder(openSync(path, openDirectory), path, '');
  }

  /** A path of that name in it, good as long as this is open. */
  at(name: string): PathLike {
    return isExact(name)
      ? `${this.#place}/${name}`
      : Buffer.concat([Buffer.from(`${this.#place}/`), bytesOf(name)]);
  }

  /** Up to so many names of what is in it, and whether these are all. @throws Error where they can't be read */
  names(most: number): { readonly names: readonly string[]; readonly isAll: boolean } {
    const found = this.#names(most, 'utf8');
    return found.names.every(isExact) ? found : this.#names(most, 'buffer');
  }

  /** A directory in it. @throws Error where the name is none, or a link to one, or it can't be opened */
  folder(name: string): Folder {
    const place = this.at(name);
    const descriptor = openSync(place, openDirectory);
    return new Folder(descriptor, place.toString(), join(this.path, name));
  }

  /** The descriptor of a file in it, to be read. A pipe is not waited for. @throws Error where it can't be opened */
  file(name: string): number {
    return openSync(this.at(name), openFile);
  }

  /** Of the entry itself, not of what a link leads to. @throws Error where it can't be told whether there is one */
  status(name: string): BigIntStats | undefined {
    return lstatSync(this.at(name), { bigint: true, throwIfNoEntry: false });
  }

  /** Whom it belongs to. */
  owner(): { readonly uid: number; readonly gid: number } {
    return fstatSync(this.#descriptor);
  }

  /** Gives it to another owner, where this process may. */
  give({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
    if (process.getuid?.() === 0) fchownSync(this.#descriptor, uid, gid);
  }

  /** Sets the permissions of a directory in it, also of one that can't be read. @throws Error where that fails */
  setMode(name: string, mode: number): void {
    const descriptor = openSync(this.at(name), hasDescriptorPaths ? openUnreadable : openDirectory);
    try {
      if (hasDescriptorPaths) chmodSync(`/proc/self/fd/${descriptor}`, mode);
      else fchmodSync(descriptor, mode);
    } finally {
      closeSync(descriptor);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #names(
    most: number,
    encoding: 'utf8' | 'buffer',
  ): { readonly names: readonly string[]; readonly isAll: boolean } {
    const names: string[] = [];
    const open = opendirSync(this.#place, {
      encoding: encoding as BufferEncoding,
      bufferSize: Math.min(namesAtOnce, most + 1),
    });
    try {
      for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
        if (names.length === most) return { names, isAll: false };
        const name = entry.name as string | Buffer;
        names.push(typeof name === 'string' ? name : nameOf(name));
      }
    } finally {
      open.closeSync();
    }
    return { names, isAll: true };
  }
}

/**
 * Opens the directory of a path step by step.
 * @param path relative to the root; empty for the root itself
 * @throws Error where a step is none, or can't be opened
 */
export function enter(root: Folder, path: string): { readonly folder: Folder; readonly close: () => void } {
  let folder = root;
  const close = (): void => {
    if (folder !== root) folder.close();
  };
  for (const name of path === '' ? [] : path.split('/')) {
    const around = folder;
    try {
      folder = around.folder(name);
    } finally {
      if (around !== root) around.close();
    }
  }
  return { folder, close };
}

/** The directory of a path, and its last name. */
export function split(path: string): readonly [parent: string, name: string] {
  const at = path.lastIndexOf('/');
  return at === -1 ? ['', path] : [path.slice(0, at), path.slice(at + 1)];
}
