import type { FileRead } from './schema.ts';

/** Files of a session that are recorded. */
const mostFiles = 100;

/** Bytes of the largest: so much is read again to verify it. */
const mostBytes = 32 * 2 ** 20;

/** What is known of a path, as the history of the workspace's files has it. */
interface Held {
  readonly kind: string;
  /** SHA-256 of the content where `kept` says that it was read. */
  readonly hash: string;
  readonly kept: boolean;
  readonly size: number;
}

export interface FilesReadOptions {
  /** What a path was before the code that runs; undefined where code of the session has changed it before. */
  readonly held: (path: string) => Held | undefined;
  /** Whether a path may be written into a notebook. */
  readonly isClean: (path: string) => boolean;
}

/**
 * The files of a workspace that a session's code has read, and what each held when it was first read. Who opens them is
 * believed in their names alone: what they held is known from the history of files, so nothing is read for it.
 */
export class FilesRead {
  readonly #o: FilesReadOptions;
  readonly #known = new Set<string>();
  #untold: FileRead[] = [];

  constructor(options: FilesReadOptions) {
    this.#o = options;
  }

  /** Code has opened these paths, relative to the workspace. */
  opened(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.#known.has(path) || this.#known.size >= mostFiles) continue;
      const held = this.#o.held(path);
      if (held?.kind !== 'file' || !held.kept || held.size > mostBytes) continue;
      if (!this.#o.isClean(path)) continue;
      this.#known.add(path);
      this.#untold.push({ path, sha256: held.hash });
    }
  }

  /** Those that were not told so far; then they are. */
  take(): readonly FileRead[] {
    return this.#untold.splice(0);
  }
}
