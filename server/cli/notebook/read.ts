import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { repliqueError } from '../../../kernel/errors.ts';
import type { Notebook } from './schema.ts';
import { notebookSchema } from './schema.ts';

/** Levels of the deepest notebook that is read: more could not be written again. */
const MAX_DEPTH = 500;

/** Size of the largest notebook that is read, in bytes. */
const MAX_BYTES = 200e6;

/** A notebook and what its file holds, byte for byte. */
export interface NotebookFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** The bytes as text, without a byte-order mark. */
  readonly text: string;
  readonly notebook: Notebook;
}

/**
 * Reads a notebook file. One of more than 200 MB is refused unread, as are pipes and devices.
 * @throws RepliqueError NOTEBOOK_INVALID
 */
export async function readNotebook(path: string): Promise<NotebookFile> {
  const bytes = await readBytes(path);
  if (!isUtf8(bytes)) throw invalid(path, 'it is not UTF-8 text.');
  const text = new TextDecoder().decode(bytes); // which leaves out a byte-order mark
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(path, `it is not JSON (${oneLine((error as Error).message)}).`);
  }
  if (isDeeper(value, MAX_DEPTH)) throw invalid(path, `it is nested more than ${MAX_DEPTH} levels deep.`);
  return { path, bytes, text, notebook: parse(path, value) };
}

const invalid = (file: string, problem: string, remedy?: string) =>
  repliqueError('NOTEBOOK_INVALID', { file, problem, remedy });

const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, 120);

async function readBytes(path: string): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) throw invalid(path, 'it is not a file.');
      if (info.size > MAX_BYTES) {
        const megabytes = Math.round(info.size / 1e6);
        const remedy = 'Clear its outputs: `jupyter nbconvert --clear-output --inplace FILE`.';
        throw invalid(path, `it has ${megabytes} MB and is larger than ${MAX_BYTES / 1e6} MB.`, remedy);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'NOTEBOOK_INVALID') throw error;
    throw invalid(path, code === 'ENOENT' ? 'there is no such file.' : `${message}.`);
  }
}

function parse(path: string, value: unknown): Notebook {
  const parsed = notebookSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const format = (value as { nbformat?: unknown } | null)?.nbformat;
  if (typeof format === 'number' && format < 4) {
    const remedy = 'Convert it: `jupyter nbconvert --to notebook --output NEW.ipynb OLD.ipynb`.';
    throw invalid(path, `it is in the old format ${format}.`, remedy);
  }
  if (typeof format === 'number' && format > 4) {
    throw invalid(path, `it is in format ${format}, which this version does not know.`);
  }
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw invalid(path, `it is not a notebook in format 4 (at "${where}": ${issue?.message ?? ''}).`);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}
