import Database from 'libsql';
import { z } from 'zod';
import { makePrivate } from '../../files.ts';

/** What a provider answered. */
const answerSchema = z.strictObject({
  text: z.string().max(2_000_000),
  stop: z.enum(['stop', 'length']),
  source: z.strictObject({ provider: z.string(), model: z.string() }).optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** How many answers are kept, and how many bytes of them. */
export interface Bounds {
  readonly answers: number;
  readonly bytes: number;
}

const version = 1;
const ordinaryBounds: Bounds = { answers: 50_000, bytes: 64 * 2 ** 20 };
const busyMs = 500;
/** Beyond the bounds so much is kept that not every answer makes another one go. */
const keptShare = 0.9;

const tables = `
create table if not exists answers (key text primary key, used integer not null, bytes integer not null, answer text not null);
create index if not exists answers_used on answers (used, bytes);`;

const row = z.object({ answer: z.string() }).optional();
const sums = z.object({ answers: z.number(), bytes: z.number() });
const next = z.object({ used: z.number() });
const versions = z.tuple([z.object({ user_version: z.number() })]);

/** Answers of models by the key of their turn, of all kernels of the user, in an SQLite file; those used longest ago go first. */
export class AnswerDatabase {
  readonly #database: Database.Database;
  readonly #bounds: Bounds;

  /** @throws Error where the file can't be opened or is no database of this version */
  constructor(file: string, bounds = ordinaryBounds) {
    this.#bounds = bounds;
    makePrivate(file);
    this.#database = new Database(file);
    try {
      this.#database.pragma(`busy_timeout = ${busyMs}`);
      const [{ user_version: found }] = versions.parse(this.#database.pragma('user_version'));
      if (found > version) throw new Error('it was written by a later version of Replique');
      this.#database.pragma('journal_mode = WAL');
      this.#database.pragma('synchronous = NORMAL');
      this.#database.exec(tables);
      if (found < version) this.#database.pragma(`user_version = ${version}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** @throws Error where it can't be read */
  get(key: string): Answer | undefined {
    const found = row.parse(this.#database.prepare('select answer from answers where key = ?').get(key));
    if (found === undefined) return undefined;
    this.#database.prepare('update answers set used = ? where key = ?').run(this.#nextUse(), key);
    return answerSchema.safeParse(JSON.parse(found.answer)).data;
  }

  /** @throws Error where it can't be written */
  put(key: string, answer: Answer): void {
    const text = JSON.stringify(answer);
    this.#database
      .prepare('insert or replace into answers (key, used, bytes, answer) values (?, ?, ?, ?)')
      .run(key, this.#nextUse(), Buffer.byteLength(text), text);
    this.#prune();
  }

  close(): void {
    this.#database.close();
  }

  #nextUse(): number {
    return next.parse(this.#database.prepare('select coalesce(max(used), 0) + 1 as used from answers').get())
      .used;
  }

  #prune(): void {
    const { answers, bytes } = this.#bounds;
    const now = sums.parse(
      this.#database
        .prepare('select count(*) as answers, coalesce(sum(bytes), 0) as bytes from answers')
        .get(),
    );
    if (now.answers <= answers && now.bytes <= bytes) return;
    this.#database
      .prepare(
        `delete from answers where key in (
           select key from (
             select key, row_number() over newest as place, sum(bytes) over newest as total from answers
             window newest as (order by used desc)
           ) where place > ? or total > ?
         )`,
      )
      .run(Math.floor(answers * keptShare), Math.floor(bytes * keptShare));
  }
}
