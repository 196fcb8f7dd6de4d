import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { sorted } from './notebook/sorted.ts';
import { isObject, type Cell, type Json, type Notebook } from './notebook/structure.ts';

/**
 * Which outputs a page may show without its own sanitizer: those that count as trusted, by hash. A cell is trusted when all
 * its outputs are; text without HTML needs no trust.
 */
export interface OutputTrust {
  has(hash: string): boolean;
  add(hashes: readonly string[]): void;
  /** Another one whenever what `has` says may have changed. */
  readonly version: number;
}

/** What was found of notebooks, by their files' hashes, so that a file that is read again is not looked through again. */
interface Found {
  readonly version: number;
  readonly trusted: readonly boolean[];
}
const foundFor = new WeakMap<OutputTrust, Map<string, Found>>();
const mostFound = 100;

/**
 * Marks the code cells of a notebook for a client.
 * @param fileHash of its file, where it holds just what that says
 */
export function markTrusted({ cells }: Notebook, trust: OutputTrust, fileHash = ''): void {
  const code = cells.filter((cell) => cell['cell_type'] === 'code');
  const found = foundFor.get(trust) ?? new Map<string, Found>();
  foundFor.set(trust, found);
  const known = found.get(fileHash);
  const trusted =
    known?.version === trust.version
      ? known.trusted
      : code.map((cell) => richOutputs(cell).every((each) => trust.has(each)));
  for (const [index, cell] of code.entries()) cell.metadata['trusted'] = trusted[index];
  if (fileHash === '') return;
  found.delete(fileHash);
  found.set(fileHash, { version: trust.version, trusted });
  for (const oldest of found.keys()) {
    if (found.size <= mostFound) break;
    found.delete(oldest);
  }
}

/** The cells that a client says are trusted: its user ran them or trusts the notebook. */
export function trustedCells(notebook: unknown): Cell[] {
  const cells = (notebook as { cells?: unknown } | null)?.cells;
  if (!Array.isArray(cells)) return [];
  return (cells as Cell[]).filter((cell) => {
    const trusted = (cell as Partial<Cell> | null)?.metadata?.['trusted'] === true;
    return trusted && Array.isArray(cell.outputs) && cell.outputs.every(isObject);
  });
}

/** Cells that are looked at in one go: others have their turn in between. */
const batch = 20;

/** Hashes of all their outputs that may hold more than text. */
export async function outputsOf(cells: readonly Cell[]): Promise<string[]> {
  const hashes: string[] = [];
  for (let start = 0; start < cells.length; start += batch) {
    if (start > 0) await setImmediate();
    hashes.push(...cells.slice(start, start + batch).flatMap(richOutputs));
  }
  return hashes;
}

/** Hashes of all outputs of a notebook. */
export const allOutputs = ({ cells }: Notebook): string[] => cells.flatMap(richOutputs);

/** The hash under which an output is known. */
const outputHash = (output: Json): string => hash('sha256', JSON.stringify(sorted(output)));

/** Hashes of those that may hold more than text: HTML, images, scripts. */
export const richOutputs = ({ outputs = [] }: Cell): string[] =>
  outputs.filter(({ output_type: type }) => type !== 'stream' && type !== 'error').map(outputHash);
