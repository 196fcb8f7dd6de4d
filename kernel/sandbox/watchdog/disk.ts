import { statfs } from 'node:fs/promises';
import { Directory, walk } from '../files/directory.ts';

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
const bounds = { entries: 1_000_000, depth: 64 };
const blockBytes = 512n;

/**
 * Tells how much a workspace has grown. The filesystem's free space is asked often, which is cheap; only where that has
 * shrunk by more than is allowed is the workspace looked through for what has changed since, for another program may
 * have filled the disk. A large old file that is appended to counts whole.
 */
export class DiskWatch {
  readonly #directory: string;
  readonly #since = BigInt(Date.now()) * 1_000_000n;
  readonly #before: Promise<Free | undefined>;

  constructor(directory: string) {
    this.#directory = directory;
    this.#before = freeSpace(directory);
  }

  /** What was added since the beginning, where that is more than is allowed. */
  async excess(allowed: Growth): Promise<Growth | undefined> {
    const [before, now] = await Promise.all([this.#before, freeSpace(this.#directory)]);
    if (before === undefined || now === undefined) return undefined;
    const isOver = ({ bytes, files }: Growth): boolean => bytes > allowed.bytes || files > allowed.files;
    if (!isOver({ bytes: before.bytes - now.bytes, files: before.files - now.files })) return undefined;
    const growth = await this.#changed();
    return isOver(growth) ? growth : undefined;
  }

  async #changed(): Promise<Growth> {
    const growth = { bytes: 0, files: 0 };
    const root = await Directory.open(this.#directory).catch(() => undefined);
    if (root === undefined) return growth;
    try {
      for await (const { parent, entry } of walk(root, bounds)) {
        const status = await parent.status(entry.name);
        if (status === undefined || status.ctimeNs < this.#since) continue;
        growth.bytes += Number(status.blocks * blockBytes);
        growth.files += 1;
      }
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
