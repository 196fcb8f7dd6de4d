import type { Stats } from 'node:fs';
import type { ApiPath } from './api-path.ts';
import { JsonBytes } from '../../http/json-bytes.ts';
import { mimeTypeOf } from './mime-type.ts';

export type ContentsType = 'directory' | 'file' | 'notebook';
type ContentsFormat = 'json' | 'text' | 'base64';

/** A file or directory as clients see it; every key is always there. */
export interface ContentsModel {
  readonly name: string;
  readonly path: string;
  /** ISO 8601, UTC, with microseconds. */
  readonly last_modified: string;
  readonly created: string;
  readonly content: unknown;
  readonly format: ContentsFormat | null;
  readonly mimetype: string | null;
  /** Bytes; `null` for directories. */
  readonly size: number | null;
  readonly writable: boolean;
  /** Hexadecimal. */
  readonly hash: string | null;
  readonly hash_algorithm: 'sha256' | null;
  readonly type: ContentsType;
  /** What is wrong with a notebook that could be read all the same. */
  readonly message?: string;
  /** The content as JSON, where it is there already. */
  readonly contentBytes?: Buffer;
}

/** A model without content. */
export function modelOf(
  { name, text }: ApiPath,
  status: Stats,
  { type, writable }: { readonly type: ContentsType; readonly writable: boolean },
): ContentsModel {
  return {
    name,
    path: text,
    last_modified: timestamp(status.mtimeMs),
    created: timestamp(status.birthtimeMs > 0 ? status.birthtimeMs : status.ctimeMs),
    content: null,
    format: null,
    mimetype: type === 'file' ? mimeTypeOf(name) : null,
    size: type === 'directory' ? null : status.size,
    writable,
    hash: null,
    hash_algorithm: null,
    type,
  };
}

/** Where a notebook's texts are: cells, cell, outputs, output, data, and its formats. */
const notebookLevels = 6;

/** A model as JSON. */
export function modelBytes(model: ContentsModel): readonly Buffer[] {
  const { contentBytes, ...rest } = model;
  if (contentBytes !== undefined) {
    const head = JSON.stringify({ ...rest, content: undefined }).slice(0, -1);
    return [Buffer.from(`${head},"content":`), contentBytes, Buffer.from('}')];
  }
  const out = new JsonBytes();
  out.value(model, model.type === 'notebook' ? notebookLevels + 1 : 1);
  return out.pieces();
}

/** What a file is when nobody says what it is to be. */
export const typeOf = (name: string): 'file' | 'notebook' => (name.endsWith('.ipynb') ? 'notebook' : 'file');

/** As Python writes a date: microseconds, and none where they are zero. A date that is none counts as 1970. */
export function timestamp(milliseconds: number): string {
  const micros = Math.round(milliseconds * 1000);
  const date = new Date(Math.floor(micros / 1000));
  if (Number.isNaN(date.getTime()) || Math.abs(date.getUTCFullYear() - 5000) >= 5000)
    return '1970-01-01T00:00:00Z';
  const rest = ((micros % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = date.toISOString().slice(0, 19);
  return rest === 0 ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
