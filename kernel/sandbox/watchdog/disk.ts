import { statfs } from 'node:fs/promises';
import { Directory, walk, type Found } from '../files/directory.ts';
import { holdDeletedFiles } from './deleted.ts';

/** What code has added to a workspace: bytes on the disk, and files and directories. */
export interface Growth {
  readonly bytes: number;
  readonly files: number;
}

interface Free {
  readonly bytes: number;
  readonly files: number;
}

/** As many entries as one look at the workspace takes in, and as deep. */
const bounds = { entries: 1_000_000, depth: 128 };
const blockBytes = 512n;
/** What code that is to clear the workspace may add to it after a hit, as a part of the limit. */
const slack = 0.05;

/**
 * Tells how much a workspace has grown in a session. The filesystem's free space is asked often, which is cheap; only
 * where that has shrunk by more than is allowed is the workspace looked through for what has changed since, for another
 * program may have filled the disk. A large old file that is appended to counts whole. Where code has hidden what it
 * wrote (files without a name, directories that can't be opened or lie too deep), all that the filesystem lost counts.
 */
export class DiskWatch {
  readonly #directory: string;
  readonly #since = BigInt(Date.now()) * 1_000_000n;
  readonly #before: Promise<Free | undefined>;
  /** What was there when it was too much the last time: it may be cleared away, but hardly added to. */
  #found: Growth = { bytes: 0, files: 0 };
  /** A look that is to tell what was there when code had ended for it. */
  #settling: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
    this.#before = freeSpace(directory);
  }

  /**
   * What was added since the beginning, where that is more than is allowed.
   * @param processes numbers of those that may hold files without a name
   */
  async excess(limit: Growth, processes: () => readonly number[]): Promise<Growth | undefined> {
    await this.#settling;
    const [before, now] = await Promise.all([this.#before, freeSpace(this.#directory)]);
    if (before === undefined || now === undefined) return undefined;
    const allowed = {
      bytes: Math.max(limit.bytes, this.#found.bytes + limit.bytes * slack),
      files: Math.max(limit.files, this.#found.files + limit.files * slack),
    };
    const isOver = ({ bytes, files }: Growth): boolean => bytes > allowed.bytes || files > allowed.files;
    const lost = { bytes: before.bytes - now.bytes, files: before.files - now.files };
    if (!isOver(lost)) return undefined;
    const { hides, ...seen } = await this.#changed();
    const growth = isOver(seen) || !(hides || (await holdDeletedFiles(processes()))) ? seen : lost;
    if (!isOver(growth)) return undefined;
    this.#found = growth;
    return growth;
  }

  /** The code was ended for it: what it wrote between the look and its end is there to be cleared away, too. */
  settle(): void {
    this.#settling = this.#changed().then(({ bytes, files }) => {
      this.#found = {
        bytes: Math.max(this.#found.bytes, bytes),
        files: Math.max(this.#found.files, files),
      };
    });
  }

  async #changed(): Promise<Growth & { readonly hides: boolean }> {
    const growth = { bytes: 0, files: 0, hides: false };
    const root = await Directory.open(this.#directory).catch(() => undefined);
    if (root === undefined) return growth;
    let latest: string | undefined;
    const onUnseen = ({ path }: Found): void => void (growth.hides ||= path === latest);
    try {
      for await (const { parent, entry, path } of walk(root, { ...bounds, onUnseen })) {
        const status = await parent.status(entry.name);
        if (status === undefined || status.ctimeNs < this.#since) continue;
        latest = path;
        growth.bytes += Number(status.blocks * blockBytes);
        growth.files += 1;
      }
    } catch {
      growth.hides = true;
    } finally {
      await root.close();
    }
    return growth;
  }
}

/** Where a filesystem does not count files, each look says the same number. */
async function freeSpace(directory: string): Promise<Free | undefined> {
  const found = await statfs(directory).catch(() => undefined);
  return found && { bytes: found.bfree * found.bsize, files: found.ffree };
}
