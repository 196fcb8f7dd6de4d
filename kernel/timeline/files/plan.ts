import type { FileChange, FileDelta, FileEntry } from './contract.ts';
import { sameEntry } from './known.ts';

interface Step {
  readonly from: FileEntry | undefined;
  readonly to: FileEntry | undefined;
}

/** The way of one path through deltas. */
export interface Way {
  /** What the last of our changes left there. */
  readonly expected: FileEntry | undefined;
  readonly wanted: FileEntry | undefined;
  readonly steps: readonly Step[];
  /** The way begins with a change that is taken back. */
  readonly undoes: boolean;
}

/** The ways of all paths in deltas that are taken back (newest last) and others that are done again (oldest first). */
export function waysOf(undo: readonly FileDelta[], redo: readonly FileDelta[]): Map<string, Way> {
  const ways = new Map<string, { steps: Step[]; undoes: boolean }>();
  const add = (path: string, step: Step, undoes: boolean): void => {
    const way = ways.get(path) ?? { steps: [], undoes };
    way.steps.push(step);
    ways.set(path, way);
  };
  const back = ({ path, before, after }: FileChange): void => add(path, { from: after, to: before }, true);
  const forth = ({ path, before, after }: FileChange): void => add(path, { from: before, to: after }, false);
  for (const delta of undo.toReversed()) delta.toReversed().forEach(back);
  for (const delta of redo) delta.forEach(forth);
  return new Map(
    [...ways].map(([path, { steps, undoes }]) => [
      path,
      { expected: steps[0]?.from, wanted: steps.at(-1)?.to, steps, undoes },
    ]),
  );
}

/**
 * Where the way leads from what is there now. A change that others made between two of ours stays: the steps that do not
 * begin where one stands are left out. Where it is not what the last of our changes left, nothing is taken back.
 */
export function destination(
  present: FileEntry | undefined,
  { steps, expected, undoes }: Way,
): FileEntry | undefined {
  if (undoes && !sameEntry(present, expected)) return present;
  let at = present;
  for (const { from, to } of steps) if (sameEntry(at, from)) at = to;
  return at;
}
