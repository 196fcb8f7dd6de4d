import { servedOf } from '../contents/notebook/served-mark.ts';
import type { Cell, Notebook } from '../contents/notebook/structure.ts';
import type { FileVersion, MergedCells, PendingSave } from '../contents/pending.ts';
import { cellOf, fill, insert, shows, sourceOf } from './cells.ts';
import type { FoldedRun } from './fold.ts';
import type { KernelJournal } from './kernel-journal.ts';
import type { RunState } from './run-state.ts';
import { decide, type Decision } from './saving.ts';
import type { Versions } from './versions.ts';

interface Pending {
  readonly journal: KernelJournal;
  readonly run: FoldedRun;
  readonly state: RunState;
}

/** The last run of each cell, in the order in which they began. */
function pendingOf(journals: readonly KernelJournal[]): readonly Pending[] {
  const all = journals.flatMap((journal) => {
    const { runs } = journal.lines.folded();
    return [...journal.runs.values()].flatMap((state) => {
      const run = runs.get(state.run);
      return run === undefined ? [] : [{ journal, run, state }];
    });
  });
  all.sort((one, other) => one.state.at - other.state.at);
  return [...new Map(all.map((each) => [each.state.cell, each])).values()];
}

/** A run of which nothing has to be kept, as `Decision.isDone` says. */
interface Done {
  readonly journal: KernelJournal;
  readonly run: string;
  readonly how: Exclude<Decision['isDone'], false>;
}

class Merged implements MergedCells {
  readonly changed: Cell[] = [];
  readonly filtered: Cell[] = [];

  add(cell: Cell, { journal }: Pending): void {
    this.changed.push(cell);
    if (journal.lines.head.filtered) this.filtered.push(cell);
  }
}

/**
 * Puts what came of runs into a notebook as its file has it. A cell whose text is another by now is left alone, and so are
 * outputs that somebody else has put there since.
 */
export function mergeIntoFile(
  notebook: Notebook,
  journals: readonly KernelJournal[],
  isNewer: (since: number) => boolean,
): MergedCells {
  const merged = new Merged();
  for (const pending of pendingOf(journals)) {
    const { run, journal } = pending;
    const cell = cellOf(notebook, run);
    if (cell === undefined) {
      if (journal.lines.paths.length === 1) merged.add(insert(notebook, run), pending);
      continue;
    }
    const isOther = (cell.outputs ?? []).length > 0 && isNewer(run.lastAt);
    if (isOther || sourceOf(cell) !== run.source || shows(cell, run)) continue;
    fill(cell, run);
    merged.add(cell, pending);
  }
  return merged;
}

/** Puts it into a notebook that a client saves, as `decide` says. */
export function mergeIntoSaved(
  notebook: Notebook,
  journals: readonly KernelJournal[],
  now: number,
): Omit<PendingSave, 'saved'> & { readonly done: readonly Done[] } {
  const merged = new Merged();
  const done: Done[] = [];
  const pages = journals.map((journal) => journal.pages);
  const served = servedOf(notebook, now);
  for (const pending of pendingOf(journals)) {
    const { journal, run, state } = pending;
    const cell = cellOf(notebook, run);
    const decision = decide(cell, run, state, {
      ...{ now, served, pages, isFollowed: journal.isFollowed(state) },
      isOnlyHere: journal.lines.paths.length === 1,
    });
    if (decision.isDone) done.push({ journal, run: state.run, how: decision.isDone });
    if (decision.cell === 'added') merged.add(insert(notebook, run), pending);
    if (decision.cell !== 'run' || cell === undefined) continue;
    fill(cell, run);
    merged.add(cell, pending);
  }
  return { changed: merged.changed, filtered: merged.filtered, done };
}

/** Whether nobody else has written the file since a run last changed. */
export const newerThan =
  (versions: Versions, path: string, file: FileVersion) =>
  (since: number): boolean =>
    versions.wasWrittenSince(path, file, since);
