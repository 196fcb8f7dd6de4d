import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** Parts of a file that was read with bounds. */
export interface Excerpt {
  readonly size: number;
  /** All of it, if it is short. */
  readonly head: Buffer;
  /** Empty where the head is all. */
  readonly tail: Buffer;
  /** How many lines there are, and rows of a table (a row in quotes may have several lines); of the first `counted` bytes. */
  readonly lines: number;
  readonly rows: number;
  readonly counted: number;
  /** In hex, of all of it; absent where not all was counted. */
  readonly sha256?: string;
}

const chunkBytes = 2 ** 20;
const newline = 10;
const quote = 34;

interface Bounds {
  readonly head: number;
  readonly tail: number;
  /** So much of it is looked through to count its lines. */
  readonly count: number;
}

/** Reads the beginning and the end of a file. `undefined` where it changed meanwhile. */
export async function excerptOf(handle: FileHandle, bounds: Bounds): Promise<Excerpt | undefined> {
  const before = await handle.stat({ bigint: true });
  const size = Number(before.size);
  const head = await read(handle, 0, Math.min(size, bounds.head));
  const tailBytes = Math.min(size - head.length, bounds.tail);
  const tail = await read(handle, size - tailBytes, tailBytes);
  const counts = await count(handle, Math.min(size, bounds.count));
  const after = await handle.stat({ bigint: true });
  const isSame = before.size === after.size && before.mtimeNs === after.mtimeNs;
  const { sha256, ...counted } = counts;
  const whole = counted.counted === size ? { sha256 } : {};
  const excerpt = { size, head, tail, ...counted, ...whole };
  return isSame && head.length === Math.min(size, bounds.head) ? excerpt : undefined;
}

async function read(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function count(
  handle: FileHandle,
  upTo: number,
): Promise<Required<Pick<Excerpt, 'lines' | 'rows' | 'counted' | 'sha256'>>> {
  const buffer = Buffer.alloc(Math.min(upTo, chunkBytes));
  const sum = { lines: 0, rows: 0 };
  const hash = createHash('sha256');
  let inQuotes = false;
  let counted = 0;
  let last = newline;
  while (counted < upTo) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, upTo - counted), counted);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    for (let at = 0; at < bytesRead; at += 1) {
      const byte = buffer[at];
      if (byte === quote) inQuotes = !inQuotes;
      else if (byte === newline) {
        sum.lines += 1;
        if (!inQuotes) sum.rows += 1;
      }
    }
    last = buffer[bytesRead - 1] ?? last;
    counted += bytesRead;
  }
  const open = last === newline ? 0 : 1;
  return { lines: sum.lines + open, rows: sum.rows + open, counted, sha256: hash.digest('hex') };
}
