import type { FileChange, FileDelta } from './contract.ts';
import { split } from './folder.ts';
import { sameEntry, type Known } from './known.ts';

/** The state of a workspace that changes are counted from. */
export interface Ground {
  readonly known: ReadonlyMap<string, Known>;
  /** The directories of which all is known that is in them. */
  readonly whole: ReadonlySet<string>;
}

/**
 * The ground after a look at the workspace, and what differs. Where not everything was looked at, now or before, what
 * was not seen is neither gone nor new.
 */
export function compare(
  before: Ground,
  seen: Ground,
): { readonly ground: Ground; readonly delta: FileDelta } {
  const known = new Map(seen.known);
  const delta: FileChange[] = [];
  const isGone = absenceIn(seen);
  const isNew = absenceIn(before);
  for (const [path, was] of before.known) {
    const is = seen.known.get(path);
    if (is === undefined) {
      if (isGone(path)) delta.push({ path, before: was.entry });
      else known.set(path, was);
    } else if (was !== is && !sameEntry(was.entry, is.entry)) {
      delta.push({ path, before: was.entry, after: is.entry });
    }
  }
  for (const [path, is] of seen.known) {
    if (!before.known.has(path) && isNew(path)) delta.push({ path, after: is.entry });
  }
  delta.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ground: { known, whole: seen.whole }, delta };
}

/** Tells of a path that is not known there whether there surely was none: all of the nearest directory that is known was seen. */
function absenceIn({ known, whole }: Ground): (path: string) => boolean {
  return remembered((path, again) => {
    const [parent] = split(path);
    if (whole.has(parent)) return true;
    const around = known.get(parent);
    if (parent === '' || around !== undefined)
      return around !== undefined && around.entry.kind !== 'directory';
    return again(parent);
  });
}

type Answer = (path: string, again: (path: string) => boolean) => boolean;

/** Answers each question once. */
function remembered(answer: Answer): (path: string) => boolean {
  const answers = new Map<string, boolean>();
  const ask = (path: string): boolean => {
    const known = answers.get(path) ?? answer(path, ask);
    answers.set(path, known);
    return known;
  };
  return ask;
}
