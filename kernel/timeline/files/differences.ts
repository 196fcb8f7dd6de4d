import type { FileDelta, FileEntry } from './contract.ts';
import { sameEntry } from './known.ts';

/** What differs at one path between two states. */
export interface FileDifference {
  readonly path: string;
  readonly status: 'added' | 'removed' | 'changed';
  readonly before: FileEntry | undefined;
  readonly after: FileEntry | undefined;
}

/**
 * What differs in files between two states that come from the same one, as our changes left them.
 * @param a the deltas from the common state to the first, oldest first
 * @param b those to the second
 */
export function diffOfDeltas(a: readonly FileDelta[], b: readonly FileDelta[]): readonly FileDifference[] {
  const [first, second] = [spanOf(a), spanOf(b)];
  const paths = [...new Set([...first.keys(), ...second.keys()])].sort();
  return paths.flatMap((path) => {
    const [one, other] = [first.get(path), second.get(path)];
    const before = one ? one.to : other?.from;
    const after = other ? other.to : one?.from;
    if (sameEntry(before, after)) return [];
    const status = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
    return [{ path, status, before, after }];
  });
}

interface Span {
  readonly from: FileEntry | undefined;
  readonly to: FileEntry | undefined;
}

/** From what each path was to what it became. */
function spanOf(deltas: readonly FileDelta[]): Map<string, Span> {
  const spans = new Map<string, Span>();
  for (const { path, before, after } of deltas.flat()) {
    const known = spans.get(path);
    spans.set(path, { from: known ? known.from : before, to: after });
  }
  return spans;
}
