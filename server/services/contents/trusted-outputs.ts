import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readRegularFile } from '../../../kernel/files.ts';
import type { OutputTrust } from './trust.ts';

/** As many hashes are remembered; of more, the oldest are forgotten. */
const most = 100_000;
const mostBytes = 4 * most * 65;

/** Remembers which outputs count as trusted, also after a restart: a hash a line, in a file of the user's own. */
export class TrustedOutputs implements OutputTrust {
  readonly #hashes: Set<string>;
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();
  #lines: number;
  #version = 0;

  constructor(file: string) {
    this.#file = file;
    const kept = hashesIn(file);
    this.#hashes = new Set(kept.slice(-most));
    this.#lines = kept.length;
  }

  get version(): number {
    return this.#version;
  }

  has(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  add(hashes: readonly string[]): void {
    const fresh = [...new Set(hashes)].filter((hash) => !this.#hashes.has(hash));
    if (fresh.length === 0) return;
    this.#version += 1;
    for (const hash of fresh) this.#hashes.add(hash);
    for (const oldest of this.#hashes) {
      if (this.#hashes.size <= most) break;
      this.#hashes.delete(oldest);
    }
    // Where it can't be kept, it holds as long as the server runs.
    this.#writing = this.#writing.then(() => this.#write(fresh)).catch(() => undefined);
  }

  /** Waits until all is in the file. */
  close(): Promise<void> {
    return this.#writing;
  }

  async #write(fresh: readonly string[]): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#lines += fresh.length;
    if (this.#lines <= 2 * most) return appendFile(this.#file, lines(fresh), { mode: 0o600 });
    this.#lines = this.#hashes.size;
    return writeFile(this.#file, lines([...this.#hashes]), { mode: 0o600 });
  }
}

const lines = (hashes: readonly string[]): string => hashes.map((hash) => `${hash}\n`).join('');

function hashesIn(file: string): string[] {
  try {
    return readRegularFile(file, mostBytes)
      .split('\n')
      .filter((line) => /^[0-9a-f]{64}$/.test(line));
  } catch {
    return [];
  }
}
