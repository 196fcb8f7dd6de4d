import fc from 'fast-check';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendWheelEntry } from '../../../../kernel/providers/embedded/wheel.ts';
import { zip } from '../../../support/embedded.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-wheel-'));
});
afterEach(() => rm(folder, { recursive: true }));

const data = Buffer.from('some data, some data, some data');

async function take(archive: Buffer, entry: string, bytes: number): Promise<Buffer> {
  const wheel = join(folder, 'some.whl');
  const target = join(folder, 'target');
  await writeFile(wheel, archive);
  await writeFile(target, 'before ');
  const file = await open(target, 'a');
  try {
    await appendWheelEntry(wheel, entry, bytes, file, new AbortController().signal);
  } finally {
    await file.close();
  }
  return readFile(target);
}

test.each([0, 8] as const)('one entry is appended, nothing else (method %i)', async (method) => {
  const archive = zip({ 'a/__init__.py': Buffer.from('boom()'), 'a/data.bin': data }, method);
  expect(String(await take(archive, 'a/data.bin', data.length))).toBe(`before ${data.toString()}`);
});

test('an archive with a comment at its end is read', async () => {
  const archive = zip({ 'a.bin': data });
  archive.writeUInt16LE(7, archive.length - 2);
  const result = await take(Buffer.concat([archive, Buffer.from('comment')]), 'a.bin', data.length);
  expect(String(result)).toBe(`before ${data.toString()}`);
});

const damaged = (): Buffer => {
  const archive = zip({ 'a.bin': data }, 0);
  archive.write('S', 30 + 'a.bin'.length);
  return archive;
};
const withMethod = (method: number): Buffer => {
  const archive = zip({ 'a.bin': data });
  archive.writeUInt16LE(method, archive.indexOf('PK\x01\x02') + 10);
  return archive;
};
const withSize = (size: number): Buffer => {
  const archive = zip({ 'a.bin': data });
  archive.writeUInt32LE(size, archive.indexOf('PK\x01\x02') + 24);
  return archive;
};
const withDirectoryBytes = (bytes: number): Buffer => {
  const archive = zip({ 'a.bin': data });
  archive.writeUInt32LE(bytes, archive.length - 10);
  return archive;
};
const withOffset = (offset: number): Buffer => {
  const archive = zip({ 'a.bin': data });
  archive.writeUInt32LE(offset, archive.indexOf('PK\x01\x02') + 42);
  return archive;
};

test.each([
  ['no such entry', zip({ 'b.bin': data }), data.length, 'it has no a.bin'],
  ['another length', zip({ 'a.bin': data }), data.length + 1, 'are expected'],
  ['damaged bytes', damaged(), data.length, 'is damaged'],
  ['a size that is a lie', withSize(5), 5, 'longer than it says'],
  ['an empty entry', zip({ 'a.bin': Buffer.alloc(0) }, 0), 0, 'is empty'],
  ['an unknown method', withMethod(12), data.length, 'compression method 12'],
  ['a huge directory', withDirectoryBytes(0x7fffffff), data.length, 'too large'],
  ['a directory past the end', withDirectoryBytes(2_000_000), data.length, 'ends too early'],
  ['a wrong offset', withOffset(3), data.length, 'directory is wrong'],
  ['no zip', Buffer.from('hello'), data.length, 'not a zip'],
  ['nothing', Buffer.alloc(0), data.length, 'not a zip'],
])('refused: %s', async (_, archive, bytes, message) => {
  await expect(take(archive, 'a.bin', bytes)).rejects.toThrow(message);
});

test('hostile archives are refused with an Error, never taken', async () => {
  const archive = zip({ 'a.bin': data });
  await fc.assert(
    fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(255), async (at, byte) => {
      const changed = Buffer.from(archive);
      changed[at] = byte;
      const result = await take(changed, 'a.bin', data.length).catch((error: unknown) => error);
      if (Buffer.isBuffer(result)) expect(String(result)).toBe(`before ${data.toString()}`);
      else expect(result).toBeInstanceOf(Error);
    }),
    { numRuns: 100 },
  );
});
