import { RepliqueError, describeError } from '../errors.ts';
import type { ErrorReply } from '../protocol/messages.ts';

/** What a client is told of an error thrown by a handler: no stack trace unless `REPLIQUE_DEBUG` is set. */
export function errorReply(error: unknown): ErrorReply {
  return {
    status: 'error',
    ename: error instanceof RepliqueError ? error.code : 'InternalError',
    evalue: error instanceof Error ? error.message : String(error),
    traceback: describeError(error).split('\n'),
  };
}
