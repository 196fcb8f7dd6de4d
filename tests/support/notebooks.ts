import { readFileSync } from 'node:fs';
import type { Cell } from './quickstart.ts';

/** A code cell of a notebook. @throws where there is none with that id */
export function cellOf(file: string, id: string): Cell {
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as { cells: readonly Cell[] };
  const found = cells.find((cell) => cell.id === id && cell.cell_type === 'code');
  if (found === undefined) throw new Error(`${file} has no code cell ${id}.`);
  return found;
}

/** What each output of a cell is: Replique's kind where it has one, else Jupyter's type. */
export const kindsOf = ({ outputs = [] }: Cell): readonly string[] =>
  outputs.map(({ output_type, metadata }) => {
    const kind = metadata?.replique?.['kind'];
    return typeof kind === 'string' ? kind : output_type;
  });

/** All text of a cell's streams. */
export const streamOf = ({ outputs = [] }: Cell): string =>
  outputs.flatMap(({ output_type, text }) => (output_type === 'stream' ? [text ?? []].flat() : [])).join('');
