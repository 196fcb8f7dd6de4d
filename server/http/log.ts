import pino, { type DestinationStream, type Logger } from 'pino';
import type { ServerConfig } from '../config.ts';
import { pathOf } from './base-url.ts';

export type Log = Logger;

/** Structured lines on stderr. A request's path is logged, its query and headers never: they hold tokens. */
export function createLog(level: ServerConfig['logLevel'], destination: DestinationStream = logInto(2)): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino({ ...options, serializers: { err: withoutRequest } }, destination);
}

/** As much waits for a disk that is full, in bytes; what is more is left out. */
const mostWaiting = 2 ** 20;

/** A descriptor as a log's destination: lines that it does not take must not keep the server from its clients. */
export function logInto(fd: number): DestinationStream {
  const destination = pino.destination({ dest: fd, sync: true, maxLength: mostWaiting });
  destination.on('error', () => undefined);
  return destination;
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
