import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Digest, seal, unseal } from './chain.ts';

/**
 * The files of a directory: for each session `NAME.1.jsonl`, `NAME.2.jsonl` … and `NAME.head.json`, where NAME begins
 * with the time, so that their order is that of the sessions' starts.
 */

/** Bytes of a line. File names are what is longest, where most of their characters have to be escaped. */
export const longestLine = 256 * 1024;
const longestHead = 4096;
const chunkBytes = 64 * 1024;

const namePattern = /^(\d{8}T\d{9}Z_[0-9A-Za-z-]{1,64})\.(?:([1-9]\d{0,8})\.jsonl|head\.json)$/;

const head = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  part: z.int().min(1),
  events: z.int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  ended: z.boolean(),
  pid: z.int().min(0),
});
const signedHead = head.extend({ mac: z.string() });
/** What a session's head file says: where its last confirmed event stands. */
export type Head = z.infer<typeof head>;

/** A session's name from its start and its id. */
export const nameOf = (started: Date, session: string): string =>
  `${started.toISOString().replace(/[-:.]/g, '')}_${session}`;

/** The session's id in a name. */
export const sessionOf = (name: string): string => name.slice(name.indexOf('_') + 1);

export const partFile = (directory: string, name: string, part: number): string =>
  join(directory, `${name}.${part}.jsonl`);
export const headFile = (directory: string, name: string): string => join(directory, `${name}.head.json`);
/** A head before it is put in place. */
export const headDraft = (directory: string, name: string): string => `${headFile(directory, name)}.new`;

/** The files that are there of one session. */
export interface SessionFiles {
  readonly name: string;
  /** Numbers of the parts, ascending. */
  readonly parts: readonly number[];
}

/** The session that a file belongs to, by its name; `undefined` for a file that is none of the audit's. */
export const sessionNameOf = (file: string): string | undefined => namePattern.exec(file)?.[1];

/** The sessions of a directory, oldest first. @throws Error if it can't be read; one that is not there is empty */
export function listSessions(directory: string): readonly SessionFiles[] {
  const found = new Map<string, number[]>();
  for (const file of filesIn(directory)) {
    const [, name, part] = namePattern.exec(file) ?? [];
    if (name === undefined) continue;
    const parts = found.get(name) ?? [];
    if (part !== undefined) parts.push(Number(part));
    found.set(name, parts);
  }
  return [...found]
    .map(([name, parts]) => ({ name, parts: parts.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** All heads are of one length, within one sector of a disk: each is written over the one before. */
const headBytes = 512;
export const sealHead = (value: Head, digest: Digest): string =>
  `${seal(value, 'mac', digest).text.padEnd(headBytes - 1)}\n`;

const attempts = 3;

/** The head in a file; `undefined` where it is missing, changed, or was not written with this key. */
export function readHead(directory: string, name: string, digest: Digest): Head | undefined {
  // What is read while it is written may be half of two.
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const found = readHeadOnce(directory, name, digest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readHeadOnce(directory: string, name: string, digest: Digest): Head | undefined {
  let text: string;
  try {
    text = Buffer.concat([...readFile(headFile(directory, name), longestHead)]).toString('latin1');
  } catch {
    return undefined;
  }
  const [sealed] = text.split(/ *\n$/);
  if (sealed === undefined || sealed === text) return undefined;
  const parsed = signedHead.safeParse(unseal(Buffer.from(sealed, 'latin1'), 'mac', digest));
  return parsed.success && parsed.data.name === name ? parsed.data : undefined;
}

const newline = 10;

/** A line of a file; `isWhole` is false for a last one that has no end. */
export interface Line {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** The lines of a file, of which none is ever held beyond the longest that is written. @throws Error if it can't be read */
export function* linesOf(file: string): Generator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  for (const chunk of readFile(file, Infinity)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      yield { bytes: rest.subarray(0, end), isWhole: true };
      rest = rest.subarray(end + 1);
    }
    if (rest.length > longestLine) throw new Error('it has a line that is too long');
  }
  if (rest.length > 0) yield { bytes: rest, isWhole: false };
}

/** A regular file's bytes, up to what it held when it was opened. Links are not followed. */
function* readFile(file: string, most: number): Generator<Buffer> {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > most) throw new Error('it is too large');
    for (let at = 0; at < stat.size;) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, stat.size - at));
      const size = readSync(descriptor, chunk, 0, chunk.length, at);
      if (size === 0) return;
      at += size;
      yield chunk.subarray(0, size);
    }
  } finally {
    closeSync(descriptor);
  }
}
