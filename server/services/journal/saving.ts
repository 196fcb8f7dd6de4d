import type { Cell } from '../contents/notebook/structure.ts';
import { isEmpty, shows, sourceOf } from './cells.ts';
import type { FoldedRun } from './fold.ts';
import type { Pages } from './pages.ts';
import type { RunState } from './run-state.ts';

/** A page may have put together what it saves so long before it arrives: without what it was told since. */
const onTheWayMs = 10_000;

/** Hardly a save takes so long. */
const mostlyMs = 2_000;

/** What a client's saving means for a run. */
export interface Decision {
  /** Whose version of the cell is saved: the client's, or the run's, whose cell may have to be added. */
  readonly cell: 'client' | 'run' | 'added';
  /**
   * Whether nothing of the run has to be kept. `saved`: the client has all of it, but others may not; they are asked when they
   * save, as long as this version is another than theirs. `closed`: the page that asked has emptied the cell, unless this save is
   * one of before: then it has the outputs, and saves again or is lost.
   */
  readonly isDone: boolean | 'saved' | 'closed';
}

export interface Situation {
  readonly now: number;
  /** When the client was given the notebook that it has made this of, if it was since there is anything to be put into it. */
  readonly served: number | undefined;
  /** Of the notebook, whichever kernels it has had. */
  readonly pages: readonly Pages[];
  /** Whether the page that asked is there. */
  readonly isFollowed: boolean;
  /** Whether its cell can only be in this notebook. */
  readonly isOnlyHere: boolean;
}

/**
 * Decides what becomes of a run when a client saves its notebook. The page that follows the run is the one who writes; so is
 * one that was given the notebook after its end. Others don't know all of it: what came of it is put in.
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
  const isKnown = knows(state, situation);
  const leave = (isDone: Decision['isDone']): Decision => ({ cell: 'client', isDone });
  if (cell === undefined) {
    if (!isOnlyHere) return leave(false);
    // The page that runs a cell saves without it: it has removed the cell.
    const isRemoved = isKnown || (isFollowed && now - state.at > onTheWayMs);
    return isRemoved ? leave(isKnown || true) : isFollowed ? leave(false) : { cell: 'added', isDone: false };
  }
  if (sourceOf(cell) !== run.source) return leave(isKnown);
  if (shows(cell, run)) return leave(isKnown || (hasEnded && (isAlone(state, situation) || 'saved')));
  // The page that asked shows all of it, or has emptied the cell: another state is one of before, or another page's.
  if (isKnown === 'saved') return leave(isKnown);
  if (isEmpty(cell) && (isKnown || isAskersAlone(state, situation))) {
    return leave(isKnown || isEmptied(state, now));
  }
  const isWriter = isFollowed && !wasServedSince(state, situation);
  return isWriter ? leave(false) : { cell: 'run', isDone: false };
}

const maySave = ({ now, pages }: Situation): ReturnType<Pages['mayReturn']> =>
  pages.flatMap((each) => each.mayReturn(now));

/** Whether nobody but the page that asked may save. */
function isAlone({ asker }: RunState, situation: Situation): boolean {
  const saving = maySave(situation);
  return saving.length > 0 && saving.every(({ session }) => session === asker);
}

/** Whether the client has loaded the notebook since the run began: then it is not the page that asked, or has loaded it again. */
const wasServedSince = ({ at }: RunState, { served }: Situation): boolean =>
  served !== undefined && served >= at;

/** Whether the client that saves had all of the run, and nobody else may save who had not. */
function knows(state: RunState, situation: Situation): Decision['isDone'] {
  const { endedAt, toldAt } = state;
  const { now, served = 0 } = situation;
  if (endedAt === undefined) return false;
  if (wasServedSince(state, situation)) return served > endedAt && 'saved';
  return isAskersAlone(state, situation) && toldAt !== undefined && now - toldAt > onTheWayMs;
}

/** Whether only the page that asked can be the one that saves: it is there, and was loaded before the run began, as this client. */
const isAskersAlone = (state: RunState, situation: Situation): boolean =>
  situation.isFollowed && !wasServedSince(state, situation) && isAlone(state, situation);

/** Whether the page that asked has emptied the cell of a run: it has shown something before it can have put together its save. */
function isEmptied({ shownAt, toldAt }: RunState, now: number): Decision['isDone'] {
  if (toldAt === undefined) return false;
  if (shownAt !== undefined && now - shownAt > onTheWayMs) return true;
  return now - (shownAt ?? toldAt) > mostlyMs && 'closed';
}
