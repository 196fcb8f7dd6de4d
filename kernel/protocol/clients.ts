import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Message } from './header.ts';

const cell = z.object({ cellId: z.unknown().optional() });
const asks = z.object({ allow_stdin: z.literal(true) });

/** Clients of @jupyterlab/services and of the classic notebook say a version below it, those of jupyter_client do not. */
const firstMinor = 3;

/**
 * What a client makes of outputs, told from its execute request: `document` keeps each as one that may still change (JupyterLab, VS
 * Code, Notebook, nbclient, papermill), `lines` writes them on a terminal once and for all (`jupyter console`, `jupyter run`).
 * Such clients are of jupyter_client, name no cell, and let a person answer questions. Who can't be told is a `document`.
 */
export function formOf({ header, metadata, content }: Message): 'document' | 'lines' {
  const namesCell = cell.safeParse(metadata).data?.cellId !== undefined;
  return !namesCell && asks.safeParse(content).success && isJupyterClient(header['version'])
    ? 'lines'
    : 'document';
}

/** nbformat 4.5, "Cell ids". */
const notebookId = /^[a-zA-Z0-9_-]{1,64}$/;
const longestAddress = 10_000;

/**
 * The one name that the kernel has for the cell of an execute request, however its client names it; `undefined` where it does
 * not. JupyterLab and Notebook send the id that stands in the notebook: `notebook:ID`, the same for whoever opens it. VS Code sends
 * the address of its document: `client:HASH`, over address and session, since it is another one the next time. nbclient sends none.
 */
export function cellOf({ header, metadata }: Pick<Message, 'header' | 'metadata'>): string | undefined {
  const id = cell.safeParse(metadata).data?.cellId;
  if (typeof id !== 'string' || id === '' || id.length > longestAddress) return undefined;
  if (notebookId.test(id)) return `notebook:${id}`;
  const hash = createHash('sha256').update(`${header.session}\0${id}`).digest('hex');
  return `client:${hash.slice(0, 32)}`;
}

/** More than any person deletes between two cells that they run. */
const mostDeleted = 10_000;
const deleted = z.object({ deletedCells: z.array(z.string().regex(notebookId)).max(mostDeleted) });

/**
 * The cells that were deleted in the client's document since its last execute request, by the kernel's names of them. JupyterLab and
 * Notebook tell of them; where the list is not right as a whole, none is deleted.
 */
export function deletedCellsOf({ metadata }: Pick<Message, 'metadata'>): readonly string[] {
  const { deletedCells = [] } = deleted.safeParse(metadata).data ?? {};
  return deletedCells.map((id) => `notebook:${id}`);
}

function isJupyterClient(version: unknown): boolean {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(String(version)) ?? [];
  return Number(major) === 5 ? Number(minor) >= firstMinor : Number(major) > 5;
}
