import type { Entry, Part } from './compaction.ts';
import type { Said } from './listings.ts';

type FrozenPart = Readonly<Part>;

/** A conversation as it stood: never changed, so that it can be gone back to. */
export interface Mark {
  readonly cell: number;
  readonly entries: readonly {
    readonly role: Entry['role'];
    readonly cell: number;
    readonly parts: readonly FrozenPart[];
  }[];
  readonly said: Said;
  /** See `Trail`. */
  readonly trail: string;
}

/** Copies entries and parts so that many marks of one conversation share what is the same in them. */
export class Marker {
  readonly #copies = new WeakMap<FrozenPart, FrozenPart>();
  readonly #marked = new WeakMap<Entry, Mark['entries'][number]>();

  /** What does not change any more of entries that do. */
  freeze(entries: readonly Entry[]): Mark['entries'] {
    return entries.map((entry) => {
      const known = this.#marked.get(entry);
      if (
        known?.cell === entry.cell &&
        known.parts.length === entry.parts.length &&
        entry.parts.every((part, at) => this.#copyOf(part) === known.parts[at])
      )
        return known;
      const { role, cell, parts } = entry;
      const marked = { role, cell, parts: parts.map((part) => this.#copyOf(part)) };
      this.#marked.set(entry, marked);
      return marked;
    });
  }

  /** Entries that may change, of those of a mark. */
  thaw(entries: Mark['entries']): Entry[] {
    return entries.map(({ role, cell, parts }) => ({
      ...{ role, cell },
      parts: parts.map((part) => {
        const own = { ...part };
        this.#copies.set(own, part);
        return own;
      }),
    }));
  }

  #copyOf(part: FrozenPart): FrozenPart {
    const known = this.#copies.get(part);
    if (known?.text === part.text && known.images === part.images) return known;
    const copy = Object.freeze({ ...part });
    this.#copies.set(part, copy);
    return copy;
  }
}
