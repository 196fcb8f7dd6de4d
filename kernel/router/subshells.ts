import { randomUUID } from 'node:crypto';
import type { Header } from '../protocol/header.ts';
import { ExecutionQueue } from './execution-queue.ts';

/** More than any client makes: JupyterLab has one for each kind of widget. */
const mostSubshells = 100;

/**
 * The queues of a session's cells: the main shell's, and those of its subshells, each of which runs beside the others
 * (Jupyter Enhancement Proposal 91).
 */
export class Subshells {
  readonly #main = new ExecutionQueue();
  readonly #others = new Map<string, ExecutionQueue>();
  /** Of deleted subshells in which a cell still runs. */
  readonly #ending = new Set<ExecutionQueue>();

  /** The queue that a request names; `undefined` for one of a subshell that is not there. */
  queueOf({ subshell_id: id }: Header): ExecutionQueue | undefined {
    return id === undefined || id === null ? this.#main : this.#others.get(String(id));
  }

  /** Makes one and returns its id. @throws Error where there are too many */
  create(): string {
    if (this.#others.size + this.#ending.size >= mostSubshells)
      throw new Error(`No more than ${mostSubshells} subshells.`);
    const id = randomUUID();
    this.#others.set(id, new ExecutionQueue());
    return id;
  }

  /** What runs there may end; what waits is aborted. @throws Error where there is no such subshell */
  delete(id: string): void {
    const queue = this.#others.get(id);
    if (queue === undefined) throw new Error(`There is no subshell ${JSON.stringify(id.slice(0, 100))}.`);
    this.#others.delete(id);
    this.#ending.add(queue);
    void queue.end().then(() => this.#ending.delete(queue));
  }

  list(): string[] {
    return [...this.#others.keys()];
  }

  /** Stops every running cell and aborts those that wait. */
  interrupt(): void {
    for (const queue of this.#all()) queue.interrupt();
  }

  /** Stops everything, for good; settles when the running cells have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#all().map((queue) => queue.close()));
  }

  #all(): ExecutionQueue[] {
    return [this.#main, ...this.#others.values(), ...this.#ending];
  }
}
