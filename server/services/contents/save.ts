import { mkdir } from 'node:fs/promises';
import { HttpError } from '../../http/errors.ts';
import type { ApiPath } from './api-path.ts';
import type { SaveBody } from './bodies.ts';
import { createCheckpoint, listCheckpoints } from './checkpoints.ts';
import type { ContentsContext } from './context.ts';
import { Draft, writePieces } from './files/drafts.ts';
import { codeOf } from './files/errors.ts';
import type { Place } from './files/root.ts';
import type { ContentsType } from './model.ts';
import { emptyNotebook, writeNotebook } from './notebook/document.ts';
import { NotebookProblem } from './notebook/structure.ts';
import { bytesOf } from './text.ts';
import type { PendingOutputs, PendingSave } from './pending.ts';
import { sha256 } from './sha256.ts';
import { outputsOf, richOutputs, trustedCells } from './trust.ts';

/** What is to be at a place. */
export interface Saved {
  readonly type: ContentsType;
  readonly format: unknown;
  readonly content: unknown;
}

/**
 * What a request to save asks for.
 * @param isNew whether there is no file yet: then what is not said is an empty one of the type that the name tells
 * @throws HttpError 400 where it does not say enough
 */
export function savedOf({ type, format, content }: SaveBody, guessed: ContentsType, isNew: boolean): Saved {
  if (type === undefined && !isNew) throw new HttpError(400, 'No file type provided');
  const wanted = type ?? guessed;
  if (content !== undefined || wanted === 'directory') return { type: wanted, format, content };
  if (!isNew) throw new HttpError(400, 'No file content provided');
  return wanted === 'notebook'
    ? { type: wanted, format: 'json', content: emptyNotebook() }
    : { type: wanted, format: 'text', content: '' };
}

/**
 * Writes what a client sent, whole or not at all.
 * @param isFree whether the name must be free: a file that somebody else has just made stays
 * @returns what is wrong with a notebook that was saved all the same
 * @throws HttpError; Error of the system
 */
export async function save(
  place: Place,
  path: ApiPath,
  saved: Saved,
  { trust, pending, isFree }: Pick<ContentsContext, 'trust' | 'pending'> & { readonly isFree: boolean },
): Promise<string | undefined> {
  const { folder, name, status } = place;
  if (saved.type === 'directory') {
    if (status?.isDirectory() === true && !isFree) return undefined;
    if (status !== undefined && !isFree) throw new HttpError(400, `Not a directory: ${path.text}`);
    await mkdir(folder.at(name));
    await folder.sync();
    return undefined;
  }
  if (status !== undefined && !status.isFile()) {
    const kind = status.isDirectory() ? 'a directory' : 'no regular file';
    throw new HttpError(400, `${path.text} is ${kind}: nothing can be saved there`, 'bad type');
  }
  const cells = saved.type === 'notebook' ? trustedCells(saved.content) : [];
  // What is put into cells besides is not what the client says is trusted.
  const early = pending.has(path.text) ? await outputsOf(cells) : undefined;
  const { pieces, problem, kept } = written(saved, path, pending);
  const draft = await Draft.begin(folder, name, status);
  let trusted: readonly string[];
  try {
    const write = writePieces(draft.handle, pieces).then(() =>
      isFree ? draft.finishNew(name) : draft.finish(name),
    );
    [trusted] = await Promise.all([early ?? outputsOf(cells), write]);
  } catch (error) {
    await draft.drop();
    throw error;
  }
  trust.add(trusted);
  if (kept !== undefined) {
    trust.add(kept.filtered.flatMap(richOutputs));
    const now = await folder.status(name);
    if (now !== undefined) kept.saved({ hash: sha256(...pieces), mtimeMs: now.mtimeMs, size: now.size });
  }
  if (saved.type === 'notebook') await checkpointOfNew(place);
  return problem;
}

interface Written {
  readonly pieces: readonly Buffer[];
  readonly problem?: string | undefined;
  /** What was put into a notebook besides what the client sent. */
  readonly kept?: PendingSave | undefined;
}

function written({ type, format, content }: Saved, path: ApiPath, pending: PendingOutputs): Written {
  if (type !== 'notebook') return { pieces: [bytesOf(content, format, path.text)] };
  try {
    let kept: PendingSave | undefined;
    const { pieces, problem } = writeNotebook(content, (notebook) => {
      if (pending.has(path.text)) kept = pending.saving(path.text, notebook);
    });
    return { pieces, problem, kept };
  } catch (error) {
    if (!(error instanceof NotebookProblem)) throw error;
    throw new HttpError(
      400,
      `${path.text} was not saved: it is no notebook: ${error.message}`,
      'not a notebook',
    );
  }
}

/** A notebook always has a checkpoint. The notebook is saved by now: a checkpoint that can't be made does not change that. */
async function checkpointOfNew(place: Place): Promise<void> {
  try {
    if ((await listCheckpoints(place)).length === 0) await createCheckpoint(place);
  } catch (error) {
    if (codeOf(error) === undefined && !(error instanceof HttpError)) throw error;
  }
}
