import { createHash } from 'node:crypto';

const mostKnown = 10_000;

/** The display ids of one session: those that code chose, made unambiguous, and those of our own outputs. */
export class DisplayIds {
  private readonly known = new Map<string, string>();
  private cells = 0;

  /** A prefix that no other cell of the session has. */
  nextCell(sessionId: string): string {
    this.cells += 1;
    return `${sessionId}:${this.cells}`;
  }

  /** The wire's id for an id that code has shown before, in this cell or an earlier one. */
  find(workerId: string): string | undefined {
    return this.known.get(workerId);
  }

  /** Names a display of code in the given cell; the oldest names are forgotten beyond 10 000. */
  register(cell: string, workerId: string): string {
    const id = `${cell}:d${createHash('sha256').update(workerId).digest('hex').slice(0, 16)}`;
    this.known.delete(workerId);
    this.known.set(workerId, id);
    const oldest = this.known.keys().next();
    if (this.known.size > mostKnown && !oldest.done) this.known.delete(oldest.value);
    return id;
  }
}
