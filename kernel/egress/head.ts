import type { Duplex } from 'node:stream';
import { largestHead, type BadRequest } from './request.ts';

/** The head of a request, and what came behind it. */
export interface ReadHead {
  readonly head: string;
  readonly rest: Buffer;
}

const emptyLine = Buffer.from('\r\n\r\n');

/**
 * Reads up to the empty line that ends a head. `undefined` where the client went away or took too long. The stream is
 * paused afterwards.
 */
export function readHead(client: Duplex, timeoutMs: number): Promise<ReadHead | BadRequest | undefined> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const finish = (result: ReadHead | BadRequest | undefined): void => {
      clearTimeout(timer);
      client.off('data', onData);
      client.off('end', onGone);
      client.off('close', onGone);
      client.pause();
      resolve(result);
    };
    const onGone = (): void => finish(undefined);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const at = bytes.indexOf(emptyLine);
      if ((at < 0 ? bytes.length : at) > largestHead) {
        finish({ status: 431, problem: `The request's headers are longer than ${largestHead} bytes.` });
      } else if (at >= 0) {
        finish({
          head: bytes.toString('latin1', 0, at),
          rest: bytes.subarray(at + emptyLine.length),
        });
      }
    };
    const timer = setTimeout(onGone, timeoutMs);
    client.on('data', onData);
    client.once('end', onGone);
    client.once('close', onGone);
  });
}
