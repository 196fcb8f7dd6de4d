import { StaleDrafts } from './files/drafts.ts';
import { Root } from './files/root.ts';
import { nothingPending, type PendingOutputs } from './pending.ts';
import type { OutputTrust } from './trust.ts';

/** What happened to a file, in the words of Jupyter's events. */
export interface ContentsEvent {
  readonly action: 'get' | 'save' | 'rename' | 'copy' | 'delete';
  readonly path: string;
  readonly source_path?: string;
}

/** What all that is done with files needs to know. */
export interface ContentsContext {
  readonly root: Root;
  readonly allowHidden: boolean;
  /** Whether what is deleted goes to the trash of the desktop. */
  readonly toTrash: boolean;
  readonly trust: OutputTrust;
  readonly pending: PendingOutputs;
  readonly drafts: StaleDrafts;
}

export interface ContentsOptions {
  /** The directory that is served. */
  readonly directory: string;
  readonly allowHidden: boolean;
  readonly toTrash: boolean;
  readonly trust: OutputTrust;
  readonly pending?: PendingOutputs;
  readonly onEvent?: (event: ContentsEvent) => void;
  /** What became of a notebook's cells can't be put into its file. */
  readonly onUnsettled?: (path: string, error: unknown) => void;
}

export const contextOf = ({
  directory,
  allowHidden,
  toTrash,
  trust,
  pending,
}: ContentsOptions): ContentsContext => ({
  ...{ root: new Root(directory), allowHidden, toTrash, trust },
  ...{ pending: pending ?? nothingPending, drafts: new StaleDrafts() },
});
