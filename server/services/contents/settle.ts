import type { ApiPath } from './api-path.ts';
import type { ContentsContext } from './context.ts';
import { replaceFile, writePieces } from './files/drafts.ts';
import type { Place } from './files/root.ts';
import { readNotebook, writeNotebook } from './notebook/document.ts';
import { sha256 } from './sha256.ts';
import { richOutputs } from './trust.ts';

/**
 * Puts what became of a notebook's cells into its file. A notebook that is not there, or can't be read, gets nothing.
 * @throws NotebookProblem, HttpError; Error of the system
 */
export async function settle(
  { folder, name, status }: Place,
  path: ApiPath,
  { pending, trust }: ContentsContext,
): Promise<void> {
  if (status?.isFile() !== true || !pending.has(path.text)) return;
  const { handle, status: opened } = await folder.file(name);
  const bytes = await handle.readFile().finally(() => handle.close());
  const { notebook } = readNotebook(bytes);
  const before = { hash: sha256(bytes), mtimeMs: opened.mtimeMs, size: opened.size };
  const { changed, filtered } = pending.merge(path.text, notebook, before);
  if (changed.length === 0) {
    pending.settled(path.text, before, before);
    return;
  }
  const trusted = filtered.flatMap(richOutputs);
  const { pieces: written } = writeNotebook(notebook);
  await replaceFile(folder, name, opened, (draft) => writePieces(draft, written));
  trust.add(trusted);
  const now = await folder.status(name);
  if (now !== undefined)
    pending.settled(path.text, before, { hash: sha256(...written), mtimeMs: now.mtimeMs, size: now.size });
}
