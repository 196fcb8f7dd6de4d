import type { Header } from '../protocol/header.ts';

const mostRemembered = 1000;

/**
 * The clients into which a person types lines: those that ask for the history, or whether a line is complete, as `jupyter
 * console` and the Qt console do and `jupyter run` does not. They page what a reply has for their pager.
 */
export class Pagers {
  readonly #sessions = new Set<string>();

  /** Such a client has asked. */
  add({ session }: Header): void {
    this.#sessions.delete(session);
    this.#sessions.add(session);
    const [oldest] = this.#sessions;
    if (this.#sessions.size > mostRemembered && oldest !== undefined) this.#sessions.delete(oldest);
  }

  has({ session }: Header): boolean {
    return this.#sessions.has(session);
  }
}
