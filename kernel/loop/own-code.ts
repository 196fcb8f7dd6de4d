import type { Entry, Part } from './compaction.ts';

/** As many cells are told in one message. */
const mostCells = 100;

/**
 * Keeps what is told of cells of the user's own code within bounds: a notebook may have any number of them before a prompt.
 * Of more the last ones are told.
 */
export class OwnCode {
  #entry: Entry | undefined;
  #cells: (readonly Part[])[] = [];
  #leftOut = 0;
  #note: Part = { kind: 'note', text: '' };

  /** The last two parts of this entry are code and result of a cell. */
  added(entry: Entry): void {
    if (this.#entry !== entry) {
      this.#entry = entry;
      this.#cells = [];
      this.#leftOut = 0;
      this.#note = { kind: 'note', text: '' };
    }
    this.#cells.push(entry.parts.slice(-2));
    if (this.#cells.length <= mostCells) return;
    const oldest = this.#cells.shift() ?? [];
    const at = entry.parts.findIndex((part) => part === oldest[0]);
    this.#leftOut += 1;
    this.#note.text = `I ran ${String(this.#leftOut)} more cells of my own code before these, which are not told here.`;
    if (at !== -1) entry.parts.splice(at, oldest.length, ...(this.#leftOut === 1 ? [this.#note] : []));
  }
}
