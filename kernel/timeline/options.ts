import type { Mark } from '../loop/mark.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { FileHistory } from './files/contract.ts';
import type { Journal } from './journal/journal.ts';
import type { MoveKeeper } from './unfinished/keeper.ts';

/** The messages of the session, as they can be gone back to. */
interface Talk {
  /** Grows with each change. */
  readonly version: number;
  mark(): Mark;
  restore(mark: Mark): void;
  forget(cells: ReadonlySet<string>): void;
  standIn(cell: string | undefined): void;
  addNote(text: string): void;
}

export interface TimelineOptions {
  /** The session's, without what records for the timeline. */
  readonly worker: SessionWorker;
  readonly conversation: Talk;
  readonly files: FileHistory;
  readonly journal: Journal;
  readonly moves: MoveKeeper;
  /** Of all sessions' timelines. */
  readonly directory: string;
  /** Whether code may reach some host. */
  readonly hasNetwork: () => boolean;
  readonly log: (line: string) => void;
}
