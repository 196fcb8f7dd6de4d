import type { GivenRoom } from '../../loop/given.ts';
import type { ChatImage } from '../../providers/contract.ts';
import type { Looks } from '../../sandbox/contract.ts';

/** Where what a prompt points at is found. */
export interface ReferenceSources {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /** Views of variables of Python's memory; `undefined` where there is no answer in time. */
  look(paths: readonly (readonly string[])[], room: number): Promise<Looks | undefined>;
  /** Takes secrets out of a text. */
  redact(text: string): string;
}

/** What is seen at one reference. */
export interface View {
  /** In a few words, for the reader: `DataFrame 62×4`. */
  readonly what: string;
  /** For the model, what the reference is: `the variable df, a DataFrame`. */
  readonly title: string;
  readonly text: string;
  /** A file that the text shows, if not all of it. */
  readonly isSeen?: boolean;
  /** The first rows of a table. */
  readonly isPart?: boolean;
  readonly image?: ChatImage;
  /** The file that it is of, relative to the workspace, and what it held. */
  readonly file?: { readonly path: string; readonly sha256: string };
}

/** A view; or a sentence, for the reader and the model, why there is none; or nothing, where it is only text. */
export type Found = View | { readonly problem: string } | undefined;

export type { GivenRoom };
