import type { Cell, Notebook } from './notebook/structure.ts';

/** A notebook's file at one moment. */
export interface FileVersion {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly mtimeMs: number;
  readonly size: number;
}

/** What became of cells while no page was there to save it. Paths are of the API. */
export interface PendingOutputs {
  /** Whether there is anything for this notebook. */
  has(path: string): boolean;
  /** Whether it belongs into the file now: no page is there that would save it. */
  isDue(path: string): boolean;
  /**
   * Puts it into a notebook that was read from its file.
   * @returns cells that were changed, and of these the ones whose outputs passed the firewall
   */
  merge(path: string, notebook: Notebook, file: FileVersion): MergedCells;
  /** The moment at which a client is given a notebook with all that there is for it. */
  served(): number;
  /** The file holds all that there was for it; `before` is what clients know of it. */
  settled(path: string, before: FileVersion, after: FileVersion): void;
  /**
   * Puts it into a notebook that a client saves, where the client can't know of it.
   * @returns what to do when it is saved
   */
  saving(path: string, notebook: Notebook): PendingSave;
  /** The version that clients are told of, in place of one that only we have written. */
  shown(path: string, file: Omit<FileVersion, 'hash'> & { readonly hash?: string }): Partial<FileVersion>;
  renamed(from: string, to: string): void;
  /** What was there is another thing now, or gone. */
  forget(path: string): void;
}

export interface MergedCells {
  readonly changed: readonly Cell[];
  readonly filtered: readonly Cell[];
}

export interface PendingSave extends MergedCells {
  saved(file: FileVersion): void;
}

const nothing: MergedCells = { changed: [], filtered: [] };

/** Where no kernel runs. */
export const nothingPending: PendingOutputs = {
  has: () => false,
  isDue: () => false,
  merge: () => nothing,
  served: () => 0,
  settled: () => undefined,
  saving: () => ({ ...nothing, saved: () => undefined }),
  shown: () => ({}),
  renamed: () => undefined,
  forget: () => undefined,
};
