/** A cell that was acknowledged. */
export interface Cell {
  readonly name: string;
  readonly number: number;
  /** It changed memory and wrote a file. */
  readonly runs: boolean;
  /** A prompt's reply waits until it is saved; a code cell's does not. */
  readonly isPrompt: boolean;
  readonly replied: Moment;
}

/** A moment in a kernel's life. */
export interface Moment {
  readonly ms: number;
  /** So long its threads had waited for a processor until then. */
  readonly waitedMs: number;
}

/** What was not acknowledged when the kernel was killed. */
export interface Pending {
  /** Cells that may have come to something, in order. */
  readonly cells: readonly Cell[];
  /** The path where a move would have gone to. */
  readonly moved?: readonly Cell[] | undefined;
}

/** Code cells of the last moments before a kill may be lost: docs/decisions/session-state.md. */
const allowedMs = 1200;

/** Whether there was time enough to write down what was answered then; time in which the kernel was not let run is none. */
export const isWritten = (replied: Moment, killed: Moment): boolean =>
  replied.ms + allowedMs + killed.waitedMs - replied.waitedMs < killed.ms;

/** What a session must have, by what was acknowledged. */
export class Book {
  path: readonly Cell[] = [];
  on = 'main';
  readonly branches = new Map<string, readonly Cell[]>();
  /** Cells of which the files need not be as the path has them: they were lost, or not kept before the kill. */
  readonly unsure = new Set<string>();
  /** Cells that have come back after a kill: no other one loses them. */
  readonly #back = new Set<string>();
  /** What was sent, and must be in the history. */
  sources: readonly { readonly source: string; readonly sentMs: number }[] = [];
  lastNumber = 0;

  add(cell: Cell): void {
    this.stand([...this.path, cell]);
  }

  stand(path: readonly Cell[]): void {
    this.path = path;
    this.branches.set(this.on, path);
  }

  /** A kernel was killed: what was sent later than this may not be in the history. */
  forgetSources(sinceMs: number): void {
    this.sources = this.sources.filter(({ sentMs }) => sentMs < sinceMs);
  }

  get all(): readonly Cell[] {
    return [...new Set([...this.branches.values()].flat())];
  }

  /**
   * The path that came back, by the cells that the conversation and memory have.
   * @returns why there is none that may come back
   */
  cameBack(
    found: { readonly talk: readonly string[]; readonly memory: readonly string[] },
    pending: Pending,
    killed: Moment,
  ): readonly Cell[] | string {
    const came = pending.cells.filter(({ name }) => found.talk.includes(name) || found.memory.includes(name));
    // A prompt that was not answered is in the conversation, and what its helper did may be lost.
    const more = came.map((cell) =>
      cell.isPrompt ? { ...cell, runs: found.memory.includes(cell.name) } : cell,
    );
    for (const path of pending.moved ? [this.path, pending.moved] : [this.path])
      for (let length = path.length; length >= this.#leastOf(path, killed); length -= 1) {
        const cells = [...path.slice(0, length), ...more];
        const ran = cells.filter(({ runs }) => runs);
        if (!isSame(found.talk, names(cells)) || !isSame(found.memory, names(ran))) continue;
        for (const { name } of cells) this.#back.add(name);
        return cells;
      }
    const expected = names(this.path).join(' ');
    const maybe = [
      names(pending.cells).join(' '),
      pending.moved && `or moved to ${names(pending.moved).join(' ')}`,
    ];
    return `acknowledged: ${expected} (pending: ${maybe.join(' ')}); the conversation has ${found.talk.join(' ')}; memory has ${found.memory.join(' ')}`;
  }

  /** As many cells of a path must come back. */
  #leastOf(path: readonly Cell[], killed: Moment): number {
    const must = ({ name, isPrompt, replied }: Cell): boolean =>
      isPrompt || this.#back.has(name) || isWritten(replied, killed);
    return path.findLastIndex(must) + 1;
  }
}

const names = (cells: readonly Cell[]): readonly string[] => cells.map(({ name }) => name);
const isSame = (one: readonly string[], other: readonly string[]): boolean => one.join() === other.join();
