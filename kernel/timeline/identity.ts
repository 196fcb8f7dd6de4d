import type { CellStart } from './contract.ts';

/** As many cells are known at once. */
const mostKnown = 10_000;
const mostSources = 4;

interface Known {
  /** The sources it was run with, one after the other, no two alike next to each other. */
  readonly sources: string[];
  readonly clients: string[];
  endedMs: number;
  isShared: boolean;
}

/**
 * Tells when a cell's id stands for more than one cell, from all that clients say: id, source, who sent it, and when. It is taken
 * for shared from then on where
 * - another source came under it before the run of the one before had ended: nobody edits a cell that waits to be run,
 * - two sources took turns twice (a, b, a, b),
 * - a client sent it again after another had sent it.
 */
export class Identities {
  readonly #known = new Map<string, Known>();

  /** A cell is to run. @returns whether its id is one cell's: `found` is the first time that it is not */
  meet({ cell, source, sent }: CellStart): 'one' | 'shared' | 'found' {
    if (cell === undefined) return 'one';
    const known = this.#of(cell);
    if (known.isShared) return 'shared';
    const isOther = known.sources.length > 0 && known.sources.at(-1) !== source;
    const isBeforeEnd = isOther && sent !== undefined && sent.atMs < known.endedMs;
    add(known.sources, source);
    if (sent !== undefined) add(known.clients, sent.client);
    const [a, b, c, d] = known.sources.slice(-mostSources);
    const takesTurns = d !== undefined && a === c && b === d;
    const returns = new Set(known.clients).size < known.clients.length;
    known.isShared = isBeforeEnd || takesTurns || returns;
    return known.isShared ? 'found' : 'one';
  }

  /** It has run. */
  ended(cell: string | undefined, nowMs: number): void {
    const known = cell === undefined ? undefined : this.#known.get(cell);
    if (known !== undefined) known.endedMs = nowMs;
  }

  #of(cell: string): Known {
    const known = this.#known.get(cell) ?? {
      sources: [],
      clients: [],
      endedMs: -Infinity,
      isShared: false,
    };
    this.#known.delete(cell);
    this.#known.set(cell, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= mostKnown) break;
      this.#known.delete(oldest);
    }
    return known;
  }
}

function add(list: string[], value: string): void {
  if (list.at(-1) !== value) list.push(value);
  if (list.length > mostSources) list.shift();
}
