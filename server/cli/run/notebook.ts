import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { chmod, lstat, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import type { Output } from './outputs.ts';

const source = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat().join(''));

const cell = z.looseObject({
  cell_type: z.enum(['code', 'markdown', 'raw']),
  metadata: z.record(z.string(), z.unknown()).default({}),
  source,
});

const schema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int().min(0),
  metadata: z.record(z.string(), z.unknown()).default({}),
  cells: z.array(cell).max(10_000),
});

/** A notebook as nbformat 4 has it; each cell's source is one string. */
export type Notebook = z.infer<typeof schema>;
export type Cell = z.infer<typeof cell>;

/** Levels of the deepest notebook that is read: more could not be written again. */
const MAX_DEPTH = 500;

/** Size of the largest notebook that is read, in bytes. */
const MAX_BYTES = 200e6;

/**
 * Reads a notebook file.
 * @throws RepliqueError NOTEBOOK_INVALID
 */
export async function readNotebook(file: string): Promise<Notebook> {
  const invalid = (problem: string) => repliqueError('NOTEBOOK_INVALID', { file, problem });
  let bytes: Buffer;
  try {
    const info = await stat(file);
    if (!info.isFile()) throw invalid('it is not a file.');
    if (info.size > MAX_BYTES) throw invalid(`it is larger than ${MAX_BYTES / 1e6} MB.`);
    bytes = await readFile(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'NOTEBOOK_INVALID') throw error;
    throw invalid(code === 'ENOENT' ? 'there is no such file.' : message);
  }
  if (!isUtf8(bytes)) throw invalid('it is not UTF-8 text.');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)); // which leaves out a byte-order mark
  } catch {
    throw invalid('it is not JSON.');
  }
  if (isDeeper(value, MAX_DEPTH)) throw invalid(`it is nested more than ${MAX_DEPTH} levels deep.`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(
    `it is not a notebook in format 4 (at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}).`,
  );
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

/** The executed state of a code cell, before it is written. */
export interface Executed {
  readonly executionCount: number | null;
  readonly outputs: readonly Output[];
}

/**
 * The notebook with these results, as nbformat 4.5 (its cells have ids). Code cells without a result are written
 * as not executed.
 */
export function withResults(
  notebook: Notebook,
  results: ReadonlyMap<Cell, Executed>,
  languageInfo: unknown,
): unknown {
  const cells = notebook.cells.map((one) => {
    const common = { ...one, id: one['id'] ?? randomUUID().slice(0, 8), source: lines(one.source) };
    if (one.cell_type !== 'code') return common;
    const result = results.get(one);
    return {
      ...common,
      execution_count: result?.executionCount ?? null,
      outputs: (result?.outputs ?? []).map(onDisk),
    };
  });
  return {
    ...notebook,
    cells,
    metadata: { ...notebook.metadata, language_info: languageInfo },
    nbformat_minor: Math.max(5, notebook.nbformat_minor),
  };
}

/** Text as a notebook file keeps it: a list of lines, each with its end. */
const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function onDisk(output: Output): unknown {
  if (output.output_type === 'stream') return { ...output, text: lines(output.text) };
  if (output.output_type === 'error') return output;
  const data = Object.entries(output.data).map(([mime, value]) => {
    const splits = typeof value === 'string' && /^text\/|^image\/svg/.test(mime);
    return [mime, splits ? lines(value) : value];
  });
  return { ...output, data: Object.fromEntries(data) as unknown };
}

/** Where it is written before it gets its name. */
const unfinished = (file: string): string => `${file}.${process.pid}.tmp`;

/**
 * Tries whether a notebook could be written there; leaves nothing behind. It takes the place of what is there, so that
 * must be a file: a device that root replaced would be gone for every program.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function checkWritable(file: string): Promise<void> {
  const problem = await problemOf(file);
  if (problem !== undefined) throw repliqueError('NOT_WRITABLE', { path: file, problem });
  const target = await realpath(file).catch(() => file);
  await whileWriting(target, (fresh) => writeFile(fresh, ''));
  await rm(unfinished(target), { force: true });
}

async function problemOf(file: string): Promise<string | undefined> {
  if (file === '') return 'it has no name.';
  const there = await stat(file).catch(() => undefined);
  const link = await lstat(file).catch(() => undefined);
  if (!there) return link ? 'it is a link to nothing.' : undefined;
  if (there.isFile()) return undefined;
  return there.isDirectory() ? 'it is a directory.' : 'it is not a file.';
}

/**
 * Writes the notebook, complete or not at all. A link stays one, and a file that is there keeps its permissions.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function writeNotebook(file: string, notebook: unknown): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const there = await stat(target).catch(() => undefined);
  await whileWriting(target, async (fresh) => {
    await writeFile(fresh, `${JSON.stringify(notebook, null, 1)}\n`, { mode: there ? 0o600 : 0o666 });
    if (there) await chmod(fresh, there.mode & 0o777);
    await rename(fresh, target);
  });
}

async function whileWriting(file: string, write: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = unfinished(file);
  try {
    await write(fresh);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined); // there may be no such place
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = reasons[code ?? ''] ?? message;
    throw repliqueError('NOT_WRITABLE', { path: file, problem }, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist.',
  ENOTDIR: 'its directory is a file.',
  EACCES: 'it is not permitted.',
  EROFS: 'the file system is read-only.',
  ENOSPC: 'the disk is full.',
};
