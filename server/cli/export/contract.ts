import type { NotebookFile } from '../notebook/read.ts';

/** A form that a notebook can be written in. */
export interface Format {
  /** As `--to` names it. */
  readonly name: string;
  /** What it is, for the help. */
  readonly description: string;
  /** The text of the file. */
  write(file: NotebookFile): string;
}
