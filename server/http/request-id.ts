import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What can't break a line of a log or a header, or hide in one. */
const harmless = /^[\w.:/+=-]{1,128}$/;

/** The id that a proxy gives a request, so that its log and ours can be read together; a new one where it gives none. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && harmless.test(given) ? given : randomUUID();
}
