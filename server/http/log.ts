import pino, { type Logger } from 'pino';
import type { ServerConfig } from '../config.ts';
import { pathOf } from './base-url.ts';

export type Log = Logger;

/** Structured lines on stderr. A request's path is logged, its query and headers never: they hold tokens. */
export function createLog(level: ServerConfig['logLevel'], destination = pino.destination(2)): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Longer paths are cut in the log. */
const mostLogged = 300;

/** The path of a request without what could be secret. */
export const loggedPath = (url: string): string => pathOf(url).slice(0, mostLogged);
