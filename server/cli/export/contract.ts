import type { NotebookFile } from '../notebook/read.ts';

/** A form that a notebook can be written in. */
export interface Format {
  /** The text of the file. */
  write(file: NotebookFile): string;
}
