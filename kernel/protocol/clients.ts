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

function isJupyterClient(version: unknown): boolean {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(String(version)) ?? [];
  return Number(major) === 5 ? Number(minor) >= firstMinor : Number(major) > 5;
}
