import type { ProcessOptions } from '../../loop/options.ts';
import { CellHistory } from './cells.ts';
import type { ReferenceSources } from './contract.ts';
import { referencesIn } from './parse.ts';
import { resolveReferences } from './resolve.ts';

/** What the prompts of a session can point at. */
export class SessionReferences {
  readonly history = new CellHistory();
  readonly #sources: ReferenceSources;

  constructor(sources: ReferenceSources) {
    this.#sources = sources;
  }

  /** Finds what a prompt points at; `undefined` where it has no mark of a reference. */
  giveFor(prompt: string, cell: number): ProcessOptions['give'] {
    const references = referencesIn(prompt);
    if (references.length === 0) return undefined;
    const around = { sources: this.#sources, history: this.history, cell };
    return (room) => resolveReferences(references, room, around);
  }
}
