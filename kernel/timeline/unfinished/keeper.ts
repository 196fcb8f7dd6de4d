import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { markOf } from '../../processes.ts';
import type { FileDelta, FileEntry } from '../files/contract.ts';
import { mostRecordBytes, recordsDir, type MoveRecord } from './schema.ts';

export interface MoveKeeperOptions {
  /** Of all sessions' timelines. */
  readonly directory: string;
  readonly session: string;
  readonly workspace: string;
  readonly log: (line: string) => void;
}

/**
 * Keeps on the disk what files were before they are moved, until the move has ended: whoever finds it after a kill can put
 * them back. One move at a time.
 */
export class MoveKeeper {
  readonly #o: MoveKeeperOptions;
  readonly #process = markOf(process.pid);
  readonly #files = new Map<string, { readonly was: FileEntry | undefined; readonly ours: Set<string> }>();
  #to: number | undefined;
  #reruns = false;
  #isWritten = false;

  constructor(options: MoveKeeperOptions) {
    this.#o = options;
  }

  /** A move begins. @param to the node at which one stands when it has ended; absent: where one stands does not tell */
  begin(to?: number): void {
    this.#files.clear();
    this.#to = to;
    this.#reruns = false;
  }

  /** From the next `note` on, code may write files. */
  runsAgain(): void {
    this.#reruns = true;
  }

  /**
   * What paths are, and become: settles when it is on the disk, so that they may be changed then. Of a path that was noted
   * before, what it was stays. Never rejects.
   */
  async note(planned: FileDelta): Promise<void> {
    for (const { path, before, after } of planned) {
      // What the store does not have can't be put back; nor is it ever removed.
      if (before?.kept === false) continue;
      const noted = this.#files.get(path) ?? { was: before, ours: new Set() };
      if (after) noted.ours.add(after.hash);
      this.#files.set(path, noted);
    }
    const isNeeded = this.#reruns || planned.some(({ before, after }) => before?.hash !== after?.hash);
    if (this.#files.size === 0 || (!isNeeded && !this.#isWritten)) return;
    await this.#write().catch((error: unknown) => {
      this.#o.log(
        `A move of files goes on without a record, so a kill could leave it half done: ${String(error)}`,
      );
    });
  }

  /** The move has ended. Never rejects. */
  async done(): Promise<void> {
    this.#files.clear();
    if (!this.#isWritten) return;
    this.#isWritten = false;
    await rm(this.#path(), { force: true }).catch((error: unknown) => {
      this.#o.log(`The record of a move can’t be removed: ${String(error)}`);
    });
  }

  async #write(): Promise<void> {
    const { directory, session, workspace } = this.#o;
    const record: MoveRecord = {
      ...{ version: 1, session, workspace, process: this.#process, reruns: this.#reruns },
      ...(this.#to !== undefined && { to: this.#to }),
      files: [...this.#files].map(([path, { was, ours }]) => ({
        ...{ path, ...(was && { was }) },
        ours: [...ours].filter((hash) => hash !== was?.hash),
      })),
    };
    const text = JSON.stringify(record);
    if (Buffer.byteLength(text) > mostRecordBytes) throw new Error('it is too long');
    makeDirectories(join(directory, recordsDir), 0o700);
    const draft = join(directory, recordsDir, `.${session}.draft`);
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, this.#path());
    this.#isWritten = true;
  }

  #path(): string {
    return join(this.#o.directory, recordsDir, `${this.#o.session}.json`);
  }
}
