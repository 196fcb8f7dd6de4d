import { z } from 'zod';
import { mostPath } from './ignored.ts';

/** A file, a link or a directory as it was at one moment. */
export interface FileEntry {
  /**
   * SHA-256 in hex: of a file's content, of the path that a link leads to, of nothing for a directory. Of a file that was
   * not read (`kept` is false then) it stands for that file in that state only, and equals no other.
   */
  readonly hash: string;
  readonly kind: 'file' | 'link' | 'directory';
  /** Permission bits, `0o777` at most. */
  readonly mode: number;
  readonly size: number;
  /** The content was in the store when this was made; it may have been let go since. */
  readonly kept: boolean;
}

/** One path that changed; without `before` it is new, without `after` it is gone (or is a pipe, socket or device). */
export interface FileChange {
  /** Relative to the workspace, `/`-separated. Bytes that are no UTF-8 are lone surrogates, which JSON keeps. */
  readonly path: string;
  readonly before?: FileEntry | undefined;
  readonly after?: FileEntry | undefined;
}

/** In order: a path can be in it more than once where others changed it in between. */
export type FileDelta = readonly FileChange[];

/** A path that `move` did not bring to where it should be. */
export interface LeftFile {
  readonly path: string;
  /** The rest of a sentence that begins with the path: `was changed by others`. */
  readonly reason: string;
}

export interface Moved {
  readonly changed: readonly string[];
  readonly left: readonly LeftFile[];
}

/** A path that was on the way of a move. */
export interface UnfinishedFile {
  readonly path: string;
  /** What was there before; absent: nothing. */
  readonly was?: FileEntry | undefined;
  /** Hashes of what the move, or code that ran meanwhile, put there. */
  readonly ours: readonly string[];
}

export interface PutBack {
  readonly back: readonly string[];
  /** Those of `back` instead of which there was something else, which is kept elsewhere now. */
  readonly aside: readonly string[];
  readonly left: readonly LeftFile[];
}

/** What happened to the files of a workspace, and the way back. Calls wait for each other. */
export interface FileHistory {
  /**
   * Makes what is there now the ground from which `changes` counts: what others did meanwhile is nobody's here. Keeps
   * contents that may be changed next, within bounds of size and time; the next call goes on with the rest.
   */
  settle(): Promise<void>;
  /**
   * What changed since the ground; it becomes the ground. Notebooks (*.ipynb), .ipynb_checkpoints, .git and the kernel's
   * own replique-outputs are never in it. Notices are whole sentences for the reader.
   */
  changes(): Promise<{ readonly delta: FileDelta; readonly notices: readonly string[] }>;
  /**
   * Goes from the state after `undo` (newest last) back, then through `redo` (oldest first). Touches only paths in them
   * that still hold what the last of our changes left; names the rest. The ground holds what it did.
   * @param announce is told, before anything changes, what every path on the way is and becomes
   */
  move(
    undo: readonly FileDelta[],
    redo: readonly FileDelta[],
    announce?: (planned: FileDelta) => Promise<void>,
  ): Promise<Moved>;
  /**
   * Puts files back as they were before moves that came to no end.
   * @param asideIn a directory: what is neither what was there nor what the moves put there is kept in it, and then replaced.
   *   Absent: it stays
   */
  putBack(files: readonly UnfinishedFile[], asideIn: string | undefined): Promise<PutBack>;
  /** Files of the ground that were written since then, each as it is, at most some. @param sinceMs milliseconds since 1970 */
  recent(sinceMs: number): FileDelta;
  /** What is known of a path at the ground; undefined where our code has changed it, or nothing is known. */
  held(path: string): FileEntry | undefined;
  /** Text of a kept content for diffs, its first bytes where it is longer; undefined where not kept or not text. */
  text(entry: FileEntry, mostBytes: number): Promise<string | undefined>;
  /**
   * Lets go of kept contents that neither these deltas nor the ground need: after branches were given up, or a journal
   * was read again. Until it is called, all that lies in the store counts as needed.
   */
  retain(deltas: Iterable<FileDelta>): Promise<void>;
}

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);
export const entrySchema = z.object({
  hash: hashSchema,
  kind: z.enum(['file', 'link', 'directory']),
  mode: z.int().min(0).max(0o777),
  size: z.int().min(0),
  kept: z.boolean(),
});

/** A delta as a journal holds it. What its paths may name is decided by `move`. */
export const fileDeltaSchema = z.array(
  z.object({
    path: z.string().min(1).max(mostPath),
    before: entrySchema.optional(),
    after: entrySchema.optional(),
  }),
);
