import { hash } from 'node:crypto';
import { sorted } from './notebook/sorted.ts';
import { isObject, type Cell, type Json, type Notebook } from './notebook/structure.ts';

/**
 * Which outputs a page may show without its own sanitizer: those that count as trusted, by hash. A cell is trusted when all
 * its outputs are; text without HTML needs no trust.
 */
export interface OutputTrust {
  has(hash: string): boolean;
  add(hashes: readonly string[]): void;
}

/** Marks the code cells of a notebook for a client. */
export function markTrusted({ cells }: Notebook, trust: OutputTrust): void {
  for (const cell of cells) {
    if (cell['cell_type'] === 'code')
      cell.metadata['trusted'] = richOutputs(cell).every((each) => trust.has(each));
  }
}

/** Hashes of the outputs in cells that a client says are trusted: its user ran them or trusts the notebook. */
export function trustedOutputs(notebook: unknown): string[] {
  const cells = (notebook as { cells?: unknown } | null)?.cells;
  if (!Array.isArray(cells)) return [];
  return (cells as Cell[]).flatMap((cell) => {
    const trusted = (cell as Partial<Cell> | null)?.metadata?.['trusted'] === true;
    return trusted && Array.isArray(cell.outputs) && cell.outputs.every(isObject) ? richOutputs(cell) : [];
  });
}

/** Hashes of all outputs of a notebook. */
export const allOutputs = ({ cells }: Notebook): string[] => cells.flatMap(richOutputs);

/** The hash under which an output is known. */
const outputHash = (output: Json): string => hash('sha256', JSON.stringify(sorted(output)));

/** Hashes of those that may hold more than text: HTML, images, scripts. */
export const richOutputs = ({ outputs = [] }: Cell): string[] =>
  outputs.filter(({ output_type: type }) => type !== 'stream' && type !== 'error').map(outputHash);
