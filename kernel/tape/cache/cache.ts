import { existsSync, renameSync } from 'node:fs';
import type { Answer, AnswerDatabase } from './database.ts';

/** What models have answered before. It never fails: what is wrong with it is said once, and nothing is kept then. */
export class AnswerCache {
  readonly #file: string;
  readonly #redact: (text: string) => string;
  #database: Promise<AnswerDatabase | undefined> | undefined;
  #notice: string | undefined;

  /**
   * @param file of the database; it is opened when it is first asked
   * @param redact takes secrets out of a text: an answer with one in it is not kept
   */
  constructor(file: string, redact: (text: string) => string) {
    this.#file = file;
    this.#redact = redact;
  }

  async get(key: string): Promise<Answer | undefined> {
    return this.#attempt((database) => database.get(key));
  }

  async put(key: string, answer: Answer): Promise<void> {
    if (this.#redact(answer.text) !== answer.text) return;
    await this.#attempt((database) => database.put(key, answer));
  }

  /** What is wrong with it, for the reader, once. */
  takeNotice(): string | undefined {
    const notice = this.#notice;
    this.#notice = undefined;
    return notice;
  }

  async close(): Promise<void> {
    (await this.#database)?.close();
  }

  async #attempt<T>(action: (database: AnswerDatabase) => T): Promise<T | undefined> {
    const database = await (this.#database ??= this.#open());
    try {
      return database && action(database);
    } catch (error) {
      this.#notice = `The cache could not be used: ${messageOf(error)}.`;
      return undefined;
    }
  }

  /** Its native part is loaded only when it is needed. One that is damaged is put aside, and a new one begun. */
  async #open(): Promise<AnswerDatabase | undefined> {
    const { AnswerDatabase } = await import('./database.ts');
    try {
      return new AnswerDatabase(this.#file);
    } catch (error) {
      if (!/not a database|malformed|corrupt/i.test(messageOf(error))) {
        this.#notice = `The cache ${this.#file} can't be used: ${messageOf(error)}.`;
        return undefined;
      }
    }
    try {
      const aside = `${this.#file}.damaged`;
      for (const end of ['', '-wal', '-shm']) {
        if (existsSync(this.#file + end)) renameSync(this.#file + end, aside + end);
      }
      this.#notice = `The cache was damaged: it is now ${aside}, and a new one was begun.`;
      return new AnswerDatabase(this.#file);
    } catch (error) {
      this.#notice = `The cache ${this.#file} is damaged and could not be put aside: ${messageOf(error)}.`;
      return undefined;
    }
  }
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
