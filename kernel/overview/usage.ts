import { existsSync } from 'node:fs';
import Database from 'libsql';
import { z } from 'zod';
import { ledgerFile } from '../paths.ts';

/** What was used, under a name. */
export interface UsageRow {
  readonly name: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars of the calls whose price is known. */
  readonly dollars: number;
  /** Calls whose price is not known. */
  readonly unpriced: number;
  /** When the last one was made, in milliseconds. */
  readonly lastAt: number;
}

export type UsageBy = 'day' | 'model' | 'notebook' | 'session';

const row = z.object({
  ...{ name: z.string(), calls: z.number(), inputTokens: z.number(), outputTokens: z.number() },
  ...{ dollars: z.number(), unpriced: z.number(), lastAt: z.number() },
});

const names: Readonly<Record<UsageBy, string>> = {
  day: "date(at / 1000, 'unixepoch', 'localtime')",
  model: "provider || ':' || model",
  notebook: "coalesce(notebook, '')",
  session: 'session',
};

const busyMs = 500;

/** Reads what all kernels of the user have used, and changes nothing. */
export class UsageReader {
  readonly #database: Database.Database | undefined;

  /** Of a file that is not there all is empty. @throws Error where it can't be opened */
  constructor(file = ledgerFile()) {
    if (!existsSync(file)) return;
    this.#database = new Database(file, { readonly: true });
    this.#database.pragma(`busy_timeout = ${busyMs}`);
  }

  /**
   * What was used since a time in milliseconds, by what is asked for; days and sessions the last first, else the most used first.
   * @throws Error where it can't be read
   */
  by(what: UsageBy, since: number, most: number): readonly UsageRow[] {
    const last = what === 'day' ? 'name desc' : 'lastAt desc';
    const order = what === 'day' || what === 'session' ? last : 'dollars desc, calls desc';
    return this.#rows(what, 'at >= ?', [since], order, most);
  }

  /** What one session has used. @throws Error where it can't be read */
  of(session: string): UsageRow | undefined {
    return this.#rows('session', 'session = ?', [session], 'name', 1)[0];
  }

  close(): void {
    this.#database?.close();
  }

  #rows(
    what: UsageBy,
    where: string,
    values: readonly (string | number)[],
    order: string,
    most: number,
  ): readonly UsageRow[] {
    if (this.#database === undefined) return [];
    const rows = this.#database
      .prepare(
        `select ${names[what]} as name, count(*) as calls, sum(input) as inputTokens, sum(output) as outputTokens,
           coalesce(sum(dollars), 0) as dollars, sum(dollars is null) as unpriced, max(at) as lastAt
         from calls where ${where} group by 1 order by ${order} limit ?`,
      )
      .all(...values, most);
    return z.array(row).parse(rows);
  }
}
