import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { z } from 'zod';
import { makeDirectories } from '../files.ts';
import type { Usage } from '../providers/contract.ts';
import { allowance, type Limits, type Request, type Shortage, type Used } from './allowance.ts';

/** Whose call it is. */
export interface CallOrigin {
  readonly session: string;
  readonly notebook?: string | undefined;
  readonly cell?: number | undefined;
  readonly provider: string;
  readonly model: string;
}

/** What one provider's model has used. */
export interface Total extends Used {
  readonly provider: string;
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Calls whose price is not known; their dollars are not in it. */
  readonly unpriced: number;
}

const busyMs = 5_000;
const tables = `
create table if not exists calls (
  id integer primary key, at integer not null, session text not null, notebook text, cell integer,
  provider text not null, model text not null, state text not null,
  input integer not null, cached integer not null, output integer not null, estimated integer not null, dollars real
);
create index if not exists calls_at on calls (at);`;

const usedRow = z.object({ tokens: z.number(), dollars: z.number() });
const totalRow = z.object({
  ...{ provider: z.string(), model: z.string(), calls: z.number(), unpriced: z.number() },
  ...{ tokens: z.number(), dollars: z.number() },
  ...{ inputTokens: z.number(), cachedTokens: z.number(), outputTokens: z.number() },
});

/**
 * The calls of a user, of all kernels together, in an SQLite file. A call is in it before it is made, with the most that it
 * may use, so that kernels that run at once can't overrun a budget together; one that a crash has left stays so.
 */
export class Ledger {
  readonly #database: Database.Database;

  /** @throws Error where the file can't be opened or is no database */
  constructor(file: string) {
    makeDirectories(dirname(file), 0o700);
    this.#database = new Database(file);
    chmodSync(file, 0o600);
    this.#database.pragma(`busy_timeout = ${busyMs}`);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.exec(tables);
  }

  /**
   * Enters a call, with as much output as the limits of the time since `since` (milliseconds) allow.
   * @returns its number, and the output it may have; or why it may not be made
   * @throws Error where it can't be written
   */
  enter(
    origin: CallOrigin,
    request: Request,
    { limits, since, at }: { readonly limits: Limits; readonly since: number; readonly at: number },
  ): { readonly call: number; readonly maxTokens: number } | Shortage {
    return this.#alone(() => {
      const maxTokens = allowance(limits, this.#usedSince(since), request);
      if (typeof maxTokens === 'string') return maxTokens;
      const { session, notebook = null, cell = null, provider, model } = origin;
      const { lastInsertRowid } = this.#database
        .prepare(
          'insert into calls (at, session, notebook, cell, provider, model, state, input, cached, output, estimated, dollars) values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 1, ?)',
        )
        .run(
          ...[at, session, notebook, cell, provider, model, 'open', request.inputTokens, maxTokens],
          request.costOf(maxTokens) ?? null,
        );
      return { call: Number(lastInsertRowid), maxTokens };
    });
  }

  /** Puts what a call has really used in the place of what it might. @throws Error where it can't be written */
  settle(call: number, usage: Usage, dollars: number | undefined): void {
    this.#database
      .prepare(
        "update calls set state = 'settled', input = ?, cached = ?, output = ?, estimated = ?, dollars = ? where id = ?",
      )
      .run(
        ...[usage.inputTokens, usage.cachedTokens, usage.outputTokens, usage.estimated ? 1 : 0],
        ...[dollars ?? null, call],
      );
  }

  /** What was used since a time in milliseconds, by provider and model, the most expensive first. */
  totals(since: number): readonly Total[] {
    const rows = this.#database
      .prepare(
        `select provider, model, count(*) as calls, sum(dollars is null) as unpriced,
           sum(input + output) as tokens, coalesce(sum(dollars), 0) as dollars,
           sum(input) as inputTokens, sum(cached) as cachedTokens, sum(output) as outputTokens
         from calls where at >= ? group by provider, model order by dollars desc, tokens desc`,
      )
      .all(since);
    return z.array(totalRow).parse(rows);
  }

  close(): void {
    this.#database.close();
  }

  #usedSince(since: number): Used {
    const row = this.#database
      .prepare(
        'select coalesce(sum(input + output), 0) as tokens, coalesce(sum(dollars), 0) as dollars from calls where at >= ?',
      )
      .get(since);
    return usedRow.parse(row);
  }

  /** No other kernel writes meanwhile. */
  #alone<T>(action: () => T): T {
    this.#database.exec('begin immediate');
    try {
      const result = action();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }
}
