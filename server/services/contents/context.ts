import type { StaleDrafts } from './files/drafts.ts';
import type { Root } from './files/root.ts';
import type { PendingOutputs } from './pending.ts';
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
