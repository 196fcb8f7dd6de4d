import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { Pause } from './pause.ts';

const chunkBytes = 2 ** 20;

export function writeAll(descriptor: number, content: Buffer): void {
  for (let at = 0; at < content.length;) at += writeSync(descriptor, content, at);
}

export async function hashOfFile(descriptor: number, size: number): Promise<string> {
  const hash = createHash('sha256');
  await pump(descriptor, size, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}

/** Reads a file from its beginning, piece by piece; each is good until the next. */
export async function pump(descriptor: number, size: number, use: (chunk: Buffer) => void): Promise<void> {
  const pause = new Pause();
  const buffer = Buffer.allocUnsafe(Math.min(size, chunkBytes));
  for (let at = 0; at < size;) {
    const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, size - at), at);
    if (length === 0) return;
    use(buffer.subarray(0, length));
    at += length;
    if (pause.isDue) await pause.take();
  }
}
