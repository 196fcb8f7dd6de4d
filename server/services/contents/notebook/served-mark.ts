import type { Notebook } from './structure.ts';

/**
 * Says in a notebook's metadata when a client was given it. Clients send back what they don't know, so what one saves says which
 * reading it comes from. It is never in a file.
 */
export const servedKey = 'replique_served';

/** @param at milliseconds since 1970 */
export function markServed({ metadata }: Notebook, at: number): void {
  metadata[servedKey] = at;
}

/** When a client that saves was given what it has made this of; `undefined` where it does not say so, or says a time to come. */
export function servedOf({ metadata }: Notebook, now: number): number | undefined {
  const at = metadata[servedKey];
  return typeof at === 'number' && at <= now ? at : undefined;
}
