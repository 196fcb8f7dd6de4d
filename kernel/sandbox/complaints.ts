import type { LimitHit, Limits, WorkerError } from './contract.ts';
import { limitHint } from './limit-hints.ts';
import type { Pace } from './pace.ts';
import { placeOf, type Place } from './place.ts';
import { childKilled, slowedDown, workspaceGone } from './worker-words.ts';

interface Circumstances {
  /** The limit for which the system has killed something meanwhile. */
  readonly kill: LimitHit | undefined;
  /** The workspace as it was when the sandbox started. */
  readonly place: Place;
  readonly limits: Limits;
  readonly pace: Pace;
}

/** What happened to code, or made it fail, that the code itself can't know. */
export function complaintsOn(
  error: WorkerError | null,
  { kill, place: { path, mark }, limits, pace }: Circumstances,
): readonly string[] {
  const slowed = pace.hasSlowed ? [slowedDown(limits.messagesPerSecond)] : [];
  if (kill) return [...slowed, childKilled(kill)];
  if (error === null) return slowed;
  if (placeOf(path).mark !== mark) return [...slowed, workspaceGone(path)];
  const hint = limitHint(error, limits);
  return hint === undefined ? slowed : [...slowed, hint];
}
