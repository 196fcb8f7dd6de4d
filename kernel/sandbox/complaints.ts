import type { LimitHit, Limits, WorkerError } from './contract.ts';
import { limitHint } from './limit-hints.ts';
import { placeOf, type Place } from './place.ts';
import { childKilled, workspaceGone } from './worker-words.ts';

interface Circumstances {
  /** The limit for which the system has killed something meanwhile. */
  readonly kill: LimitHit | undefined;
  /** The workspace as it was when the sandbox started. */
  readonly place: Place;
  readonly limits: Limits;
}

/** What happened to code, or made it fail, that the code itself can't know. */
export function complaintsOn(
  error: WorkerError | null,
  { kill, place: { path, mark }, limits }: Circumstances,
): readonly string[] {
  if (kill) return [childKilled(kill)];
  if (error === null) return [];
  if (placeOf(path).mark !== mark) return [workspaceGone(path)];
  const hint = limitHint(error, limits);
  return hint === undefined ? [] : [hint];
}
