import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { HttpError } from '../../http/errors.ts';
import type { ApiPath } from './api-path.ts';
import { answering } from './files/errors.ts';
import type { OpenFile } from './files/folder.ts';
import type { Place, Root } from './files/root.ts';
import { list, may } from './listing.ts';
import { modelOf, timestamp, typeOf, type ContentsModel, type ContentsType } from './model.ts';
import { readNotebook, type ReadNotebook } from './notebook/document.ts';
import { sha256 } from './sha256.ts';
import { sayTrusted } from './notebook/joined-text.ts';
import { markServed } from './notebook/served-mark.ts';
import { NotebookProblem } from './notebook/structure.ts';
import type { FileVersion, PendingOutputs } from './pending.ts';
import { textOf } from './text.ts';
import { markTrusted, richOutputs, type OutputTrust } from './trust.ts';

/** What is wanted of a file. */
export interface GetOptions {
  readonly type?: ContentsType | undefined;
  readonly format?: 'text' | 'base64' | undefined;
  readonly content: boolean;
  readonly hash: boolean;
}

export interface ReadContext {
  readonly root: Root;
  readonly allowHidden: boolean;
  readonly trust: OutputTrust;
  readonly pending: PendingOutputs;
}

/** Larger ones are not put into a model; `/files` has them. */
const mostContentBytes = 256 * 2 ** 20;

/**
 * The model of what is at a place.
 * @throws HttpError 404 where there is nothing, 400 where it is of another type or can't be read as asked
 */
export function read(
  place: Place,
  path: ApiPath,
  wanted: GetOptions,
  context: ReadContext,
): Promise<ContentsModel> {
  const { status } = place;
  if (status === undefined) throw noSuchFile(path);
  return answering(path.text, () =>
    status.isDirectory()
      ? readDirectory(place, path, status, wanted, context)
      : readFile(place, path, wanted, context),
  );
}

export const noSuchFile = ({ text }: ApiPath): HttpError =>
  new HttpError(404, `file or directory does not exist: ${JSON.stringify(text)}`);

async function readDirectory(
  { folder, name }: Place,
  path: ApiPath,
  status: Stats,
  { type = 'directory', content }: GetOptions,
  { root, allowHidden }: ReadContext,
): Promise<ContentsModel> {
  if (type !== 'directory')
    throw new HttpError(400, `${path.text} is a directory, not a ${type}`, 'bad type');
  const place = folder.at(name);
  if (!may(place, constants.R_OK | constants.X_OK)) throw noSuchFile(path);
  const model = modelOf(path, status, { type, writable: may(place, constants.W_OK) });
  if (!content) return model;
  const inside = await folder.folder(name);
  try {
    return { ...model, content: await list(inside, { path, root, allowHidden }), format: 'json' };
  } finally {
    await inside.close();
  }
}

async function readFile(
  { folder, name }: Place,
  path: ApiPath,
  wanted: GetOptions,
  context: ReadContext,
): Promise<ContentsModel> {
  if (wanted.type === 'directory') throw new HttpError(400, `${path.text} is not a directory`, 'bad type');
  const type = wanted.type ?? typeOf(path.name);
  const file = await folder.file(name);
  try {
    const writable = may(folder.at(name), constants.W_OK);
    const model = modelOf(path, file.status, { type, writable });
    const version = (hash?: string): Partial<ContentsModel> => {
      const { mtimeMs, size } = file.status;
      const known = {
        hash,
        mtimeMs,
        ...context.pending.shown(path.text, { mtimeMs, size, ...(hash && { hash }) }),
      };
      const last_modified = timestamp(known.mtimeMs);
      return { last_modified, ...(known.hash !== undefined && wanted.hash && hashed(known.hash)) };
    };
    if (!wanted.content) return { ...model, ...version(wanted.hash ? await hashOf(file) : undefined) };
    const bytes = await bytesOf(file, path);
    if (type === 'notebook') {
      const { mtimeMs, size } = file.status;
      const isHashed = wanted.hash || context.pending.has(path.text);
      const hash = isHashed ? sha256(bytes) : undefined;
      const content = notebookContent(bytes, path, context, { hash: hash ?? '', mtimeMs, size });
      return { ...model, ...version(hash), ...content };
    }
    const hash = wanted.hash ? hashed(sha256(bytes)) : {};
    const content = textOf(bytes, wanted.format, path.text);
    const fallback = content.format === 'text' ? 'text/plain' : 'application/octet-stream';
    return { ...model, ...hash, ...content, mimetype: model.mimetype ?? fallback };
  } finally {
    await file.handle.close();
  }
}

function notebookContent(
  bytes: Buffer,
  path: ApiPath,
  { trust, pending }: ReadContext,
  file: FileVersion,
): Partial<ContentsModel> {
  const { notebook, problem, text } = parsed(bytes, path);
  const isMerged = pending.has(path.text);
  if (isMerged) {
    trust.add(pending.merge(path.text, notebook, file).filtered.flatMap(richOutputs));
    markServed(notebook, pending.served());
  }
  markTrusted(notebook, trust, isMerged ? undefined : file.hash);
  const model = { content: notebook, format: 'json', ...messageOf(problem) } as const;
  if (isMerged || text?.slots === undefined) return model;
  sayTrusted(
    text,
    text.slots,
    notebook.cells.map(({ metadata }) => metadata['trusted']),
  );
  return { ...model, contentBytes: text.bytes };
}

/** @throws HttpError 400 where it is no notebook, or too large */
export async function readNotebookFile({ folder, name }: Place, path: ApiPath): Promise<ReadNotebook> {
  const file = await folder.file(name);
  try {
    return parsed(await bytesOf(file, path), path);
  } finally {
    await file.handle.close();
  }
}

/** @throws HttpError 400 */
function parsed(bytes: Buffer, path: ApiPath): ReadNotebook {
  try {
    return readNotebook(bytes);
  } catch (error) {
    if (!(error instanceof NotebookProblem)) throw error;
    throw new HttpError(
      400,
      `Unreadable Notebook: ${path.text}: ${error.message}. Open it with a text editor, or go back to its checkpoint.`,
      'unreadable notebook',
    );
  }
}

/** What a model says of a notebook that is not what its format asks for. */
export const messageOf = (problem: string | undefined): { readonly message?: string } =>
  problem === undefined ? {} : { message: `Notebook validation failed: ${problem}` };

async function bytesOf({ handle, status }: OpenFile, path: ApiPath): Promise<Buffer> {
  if (status.size <= mostContentBytes) return handle.readFile();
  const most = mostContentBytes / 2 ** 20;
  throw new HttpError(
    400,
    `${path.text} is larger than ${most} MB: too large to open. It can be downloaded.`,
    'too large',
  );
}

async function hashOf({ handle }: OpenFile): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(2 ** 20);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytesRead));
  }
}

const hashed = (hash: string): Pick<ContentsModel, 'hash' | 'hash_algorithm'> => ({
  hash,
  hash_algorithm: 'sha256',
});
