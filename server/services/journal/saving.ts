import type { Cell } from '../contents/notebook/structure.ts';
import { shows, sourceOf } from './cells.ts';
import type { FoldedRun } from './fold.ts';
import type { Pages } from './pages.ts';
import type { RunState } from './run-state.ts';

/** A page may have put together what it saves so long before it arrives: without what it was told since. */
const onTheWayMs = 10_000;

/** What a client's saving means for a run. */
export interface Decision {
  /** Whose version of the cell is saved: the client's, or the run's, whose cell may have to be added. */
  readonly cell: 'client' | 'run' | 'added';
  /**
   * Whether nothing of the run has to be kept. `saved`: the client has all of it, but others may not; they are asked when they
   * save, as long as this version is another than theirs.
   */
  readonly isDone: boolean | 'saved';
}

export interface Situation {
  readonly now: number;
  /** Of the notebook, whichever kernels it has had. */
  readonly pages: readonly Pages[];
  /** Whether the page that asked is there. */
  readonly isFollowed: boolean;
  /** Whether its cell can only be in this notebook. */
  readonly isOnlyHere: boolean;
}

/**
 * Decides what becomes of a run when a client saves its notebook. The page that follows the run is the one who writes; so is
 * one that had all of it before it saved. Others know nothing of it: what came of it is put in.
 * @param cell of the notebook that is saved
 */
export function decide(
  cell: Cell | undefined,
  run: FoldedRun,
  state: RunState,
  situation: Situation,
): Decision {
  const { now, isFollowed, isOnlyHere } = situation;
  const hasEnded = state.endedAt !== undefined;
  const isKnown = hasEnded && isKnownToAll(state, situation);
  const leave = (isDone: Decision['isDone']): Decision => ({ cell: 'client', isDone });
  if (cell === undefined) {
    if (!isOnlyHere) return leave(false);
    // The page that runs a cell saves without it: it has removed the cell.
    const isRemoved = isKnown || (isFollowed && now - state.at > onTheWayMs);
    return isRemoved ? leave(true) : isFollowed ? leave(false) : { cell: 'added', isDone: false };
  }
  if (sourceOf(cell) !== run.source) return leave(isKnown);
  if (shows(cell, run)) return leave(isKnown || (hasEnded && (isAlone(state, situation) || 'saved')));
  return isKnown || isFollowed ? leave(isKnown) : { cell: 'run', isDone: false };
}

const maySave = ({ now, pages }: Situation): ReturnType<Pages['mayReturn']> =>
  pages.flatMap((each) => each.mayReturn(now));

/** Whether nobody but the page that asked may save. */
function isAlone({ asker }: RunState, situation: Situation): boolean {
  const saving = maySave(situation);
  return saving.length > 0 && saving.every(({ session }) => session === asker);
}

/** Whether whoever may save had the run's end, over the wire or with the notebook. */
function isKnownToAll({ asker, toldAt, servedAt }: RunState, situation: Situation): boolean {
  const { now } = situation;
  const saving = maySave(situation);
  if (saving.length === 0) return servedAt !== undefined;
  return saving.every(({ session, since }) => {
    const wasTold = session === asker && toldAt !== undefined && now - toldAt > onTheWayMs;
    return wasTold || (servedAt !== undefined && since >= servedAt);
  });
}
