import pino, { type DestinationStream, type Logger } from 'pino';
import type { ServerConfig } from '../config.ts';
import { pathOf } from './base-url.ts';

export type Log = Logger;

/** Structured lines on stderr. A request's path is logged, its query and headers never: they hold tokens. */
export function createLog(
  level: ServerConfig['logLevel'],
  destination: DestinationStream = pino.destination(2),
): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino({ ...options, serializers: { err: withoutRequest } }, destination);
}

/** An error as it is logged. Node's errors of requests that it can't parse carry these, with all that they hold. */
const withoutRequest = (error: Error): object => ({
  ...pino.stdSerializers.err(error),
  rawPacket: undefined,
});

/** Longer paths are cut in the log. */
const mostLogged = 300;

/** The path of a request without what could be secret. */
export const loggedPath = (url: string): string => pathOf(url).slice(0, mostLogged);
