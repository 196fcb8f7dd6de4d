import type { Worker } from '../../sandbox/contract.ts';
import type { WorkspaceFiles } from '../../sandbox/files/contract.ts';
import type { Choices, Magic } from '../magics/contract.ts';

/** What editing help may ask. */
export interface Sources extends Choices {
  readonly worker: Pick<Worker, 'complete' | 'inspect' | 'isComplete' | 'names' | 'glance'>;
  readonly files: WorkspaceFiles;
  readonly magics: readonly Magic[];
  /** The number of the last cell that was run. */
  readonly lastCell: () => number;
  /** Text from the worker or a file, as it may be shown. */
  readonly clean: (text: string) => string;
}

/** What may stand in place of a part of the cell's text; positions are those of JavaScript's strings. */
export interface Suggestions {
  readonly start: number;
  readonly items: readonly Suggestion[];
}

export interface Suggestion {
  readonly text: string;
  /** What it is, in a word. */
  readonly kind: string;
}
