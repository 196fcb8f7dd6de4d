import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { hasDescriptorPaths } from '../../sandbox/files/descriptors.ts';
import { hashOf } from './known.ts';
import { hashOfFile, pump, writeAll } from './streams.ts';

const form = /^[0-9a-f]{64}$/;
const draftForm = /^\.[0-9a-f]{16}\.draft$/;
/** What is larger is cloned where the filesystem can. */
const leastCloned = 2 ** 20;

/** Tells which contents must not be let go of now. */
export type InUse = () => ReadonlySet<string>;

/** So full is it left when contents are let go of: not each new one asks for it again. */
const fill = 0.9;

/**
 * Contents named by their own hash, in a directory for their owner only. Each is written whole or not at all. When they
 * are too many, those that nothing names are let go of first, then the oldest.
 */
export class ObjectStore {
  readonly #directory: string;
  readonly #mostBytes: number;
  /** Oldest first. */
  #sizes: Map<string, number> | undefined;
  /** Named by a delta, or found from an earlier time. */
  readonly #named = new Set<string>();
  #bytes = 0;
  #hasLetGo = false;
  #problem: string | undefined;
  #isMade = false;

  constructor(directory: string, mostBytes: number) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  has(hash: string): boolean {
    return this.#open().has(hash);
  }

  /** How many bytes of these contents are here though no delta names them. */
  unnamedBytes(hashes: ReadonlySet<string>): number {
    let bytes = 0;
    for (const hash of hashes) if (!this.#named.has(hash)) bytes += this.#open().get(hash) ?? 0;
    return bytes;
  }

  /** A delta names it now. */
  name(hash: string): void {
    if (this.has(hash)) this.#named.add(hash);
  }

  /** Why nothing can be written, once; and whether contents that a delta names were let go of, once. */
  news(): { readonly problem: string | undefined; readonly hasLetGo: boolean } {
    const news = { problem: this.#problem, hasLetGo: this.#hasLetGo };
    this.#problem = undefined;
    this.#hasLetGo = false;
    return news;
  }

  /** @returns its hash, or undefined where it can't be kept */
  async keep(content: Buffer, inUse: InUse): Promise<string | undefined> {
    const hash = hashOf(content);
    if (this.#isThere(hash)) return hash;
    if (!this.#makeRoom(content.length, inUse)) return undefined;
    return this.#writing((draft) => {
      const descriptor = openSync(draft, 'wx', 0o600);
      try {
        writeAll(descriptor, content);
      } finally {
        closeSync(descriptor);
      }
      return this.#take(draft, hash, content.length);
    });
  }

  /**
   * Keeps what a descriptor reads: cloned where the filesystem can, else copied.
   * @param size so much is read
   */
  async keepFile(from: number, size: number, inUse: InUse): Promise<string | undefined> {
    if (!this.#makeRoom(size, inUse)) return undefined;
    return this.#writing(async (draft) => {
      if (hasDescriptorPaths) {
        await copyFile(`/proc/self/fd/${from}`, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        chmodSync(draft, 0o600);
      }
      const to = openSync(draft, hasDescriptorPaths ? 'r' : 'wx+', 0o600);
      try {
        if (!hasDescriptorPaths) await pump(from, size, (chunk) => writeAll(to, chunk));
        if (fstatSync(to).size !== size) return undefined;
        const hash = await hashOfFile(to, size);
        return this.#isThere(hash) ? hash : this.#take(draft, hash, size);
      } finally {
        closeSync(to);
        rmSync(draft, { force: true });
      }
    });
  }

  /**
   * Writes a content to a new, empty file and checks it there.
   * @returns whether it is what it was; a content that is not is let go of
   * @throws Error where it can't be written
   */
  async writeTo(hash: string, descriptor: number): Promise<boolean> {
    const size = this.#open().get(hash);
    const from = size === undefined ? undefined : this.#read(hash);
    if (size === undefined || from === undefined) return false;
    try {
      if (hasDescriptorPaths && size > leastCloned) {
        const target = `/proc/self/fd/${descriptor}`;
        await copyFile(this.#fileOf(hash), target, constants.COPYFILE_FICLONE);
      } else await pump(from, size, (chunk) => writeAll(descriptor, chunk));
      if (fstatSync(descriptor).size === size && (await hashOfFile(descriptor, size)) === hash) return true;
      this.#drop(hash);
      return false;
    } finally {
      closeSync(from);
    }
  }

  /** The first bytes of a content. */
  read(hash: string, mostBytes: number): Buffer | undefined {
    const from = this.#read(hash);
    if (from === undefined) return undefined;
    try {
      const buffer = Buffer.alloc(Math.min(fstatSync(from).size, mostBytes));
      return buffer.subarray(0, readSync(from, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(from);
    }
  }

  /** Lets go of all but these. */
  retain(named: ReadonlySet<string>, inUse: InUse): void {
    const used = inUse();
    for (const hash of [...this.#open().keys()]) if (!named.has(hash) && !used.has(hash)) this.#drop(hash);
    for (const hash of this.#named) if (!named.has(hash)) this.#named.delete(hash);
  }

  #fileOf(hash: string): string {
    return join(this.#directory, hash);
  }

  #open(): Map<string, number> {
    if (this.#sizes !== undefined) return this.#sizes;
    this.#sizes = new Map();
    const found: { readonly hash: string; readonly size: number; readonly at: number }[] = [];
    for (const name of this.#names()) {
      const status = lstatSync(this.#fileOf(name), { throwIfNoEntry: false });
      if (draftForm.test(name)) this.#remove(name);
      else if (form.test(name) && status?.isFile())
        found.push({ hash: name, size: status.size, at: status.mtimeMs });
    }
    for (const { hash, size } of found.sort((a, b) => a.at - b.at)) {
      this.#sizes.set(hash, size);
      this.#named.add(hash);
      this.#bytes += size;
    }
    return this.#sizes;
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#directory);
    } catch {
      return [];
    }
  }

  #read(hash: string): number | undefined {
    if (!this.has(hash)) return undefined;
    try {
      return openSync(this.#fileOf(hash), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch {
      this.#drop(hash);
      return undefined;
    }
  }

  /** One that is asked for again is as good as new. */
  #isThere(hash: string): boolean {
    const sizes = this.#open();
    const size = sizes.get(hash);
    if (size === undefined) return false;
    const status = lstatSync(this.#fileOf(hash), { throwIfNoEntry: false });
    if (status?.isFile() !== true || status.size !== size) {
      this.#drop(hash);
      return false;
    }
    sizes.delete(hash);
    sizes.set(hash, size);
    return true;
  }

  #take(draft: string, hash: string, size: number): string {
    renameSync(draft, this.#fileOf(hash));
    this.#open().set(hash, size);
    this.#bytes += size;
    return hash;
  }

  #makeRoom(size: number, inUse: InUse): boolean {
    const sizes = this.#open();
    if (this.#bytes + size <= this.#mostBytes) return true;
    const wanted = this.#mostBytes * fill - size;
    const used = inUse();
    const idle = [...sizes.keys()].filter((hash) => !used.has(hash));
    const isNamed = (hash: string): boolean => this.#named.has(hash);
    for (const hash of [...idle.filter((each) => !isNamed(each)), ...idle.filter(isNamed)]) {
      if (this.#bytes <= wanted) break;
      this.#hasLetGo ||= isNamed(hash);
      this.#drop(hash);
    }
    return this.#bytes + size <= this.#mostBytes;
  }

  #drop(hash: string): void {
    this.#bytes -= this.#open().get(hash) ?? 0;
    this.#open().delete(hash);
    this.#named.delete(hash);
    this.#remove(hash);
  }

  #remove(name: string): void {
    try {
      rmSync(this.#fileOf(name), { force: true });
    } catch {
      // It lies there for nothing, which harms nobody.
    }
  }

  /** Makes a draft; whatever goes wrong, it is not kept, and that is told. */
  async #writing(
    action: (draft: string) => string | Promise<string | undefined>,
  ): Promise<string | undefined> {
    const name = `.${randomBytes(8).toString('hex')}.draft`;
    try {
      if (!this.#isMade) makeDirectories(this.#directory, 0o700);
      this.#isMade = true;
      return await action(this.#fileOf(name));
    } catch (error) {
      this.#problem = (error as Error).message;
      this.#isMade = false;
      this.#remove(name);
      return undefined;
    }
  }
}
