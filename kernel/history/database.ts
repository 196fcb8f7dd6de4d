import Database from 'libsql';
import { z } from 'zod';
import { makePrivate } from '../files.ts';
import type { HistoryEntry, RequestContent } from '../protocol/messages.ts';

/** A cell that ran. */
export interface Cell {
  readonly line: number;
  readonly source: string;
  /** The text of `Out[line]`; absent: there is none yet. */
  readonly output?: string | undefined;
}

type Query = RequestContent<'history_request'>;

/** How many cells are kept, and how many bytes of them. */
export interface Bounds {
  readonly cells: number;
  readonly bytes: number;
}

const version = 1;
const ordinaryBounds: Bounds = { cells: 10_000, bytes: 16 * 2 ** 20 };
/** Beyond the bounds so much is kept that not every cell makes another one go. */
const keptShare = 0.9;
/** As IPython has it. */
const tailUnasked = 10;

const tables = `
create table if not exists sessions (id integer primary key autoincrement);
create table if not exists cells (
  id integer primary key, session integer not null, line integer not null, bytes integer not null,
  source text not null, output text, unique (session, line)
);
create index if not exists cells_bytes on cells (bytes);`;

const row = z.object({
  session: z.number(),
  line: z.number(),
  source: z.string(),
  output: z.string().nullable(),
});
const versions = z.tuple([z.object({ user_version: z.number() })]);
const lines = z.object({ last: z.number().nullable() });
const sums = z.object({ cells: z.number(), bytes: z.number() });
const identified = z.object({ id: z.number() }).optional();

/** The cells of a user, of all kernels together, in an SQLite file; the oldest go first. */
export class HistoryDatabase {
  readonly #database: Database.Database;
  readonly #bounds: Bounds;

  /**
   * @param file `:memory:` for one that ends with the process
   * @throws Error where the file can't be opened or is no database of this version
   */
  constructor(file: string, bounds = ordinaryBounds) {
    this.#bounds = bounds;
    if (file !== ':memory:') makePrivate(file);
    this.#database = new Database(file);
    try {
      this.waitFor(100);
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

  /** Milliseconds that a call may wait for another kernel's. */
  waitFor(ms: number): void {
    this.#database.pragma(`busy_timeout = ${ms}`);
  }

  /**
   * Writes cells of a session, or what has changed of them; all or none.
   * @param session absent: a new one
   * @returns the session's number
   * @throws Error where they can't be written
   */
  write(session: number | undefined, cells: readonly Cell[]): number {
    this.#database.exec('begin immediate');
    try {
      const number =
        session ??
        Number(this.#database.prepare('insert into sessions default values').run().lastInsertRowid);
      const insert = this.#database.prepare(
        'insert into cells (session, line, bytes, source, output) values (?, ?, ?, ?, ?) on conflict (session, line) do update set bytes = excluded.bytes, source = excluded.source, output = excluded.output',
      );
      for (const { line, source, output = null } of cells) {
        insert.run(number, line, Buffer.byteLength(source) + Buffer.byteLength(output ?? ''), source, output);
      }
      this.#prune(number);
      this.#database.exec('commit');
      return number;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  /**
   * What a client asks for, the oldest first.
   * @param session the current one; `undefined` before its first cell
   * @throws Error where it can't be read
   */
  read(query: Query, session: number | undefined): readonly HistoryEntry[] {
    return this.#rows(query, session).map(({ session: of, line, source, output }) => [
      of,
      line,
      query.output ? ([source, output] as const) : source,
    ]);
  }

  close(): void {
    this.#database.close();
  }

  #rows(query: Query, session: number | undefined): z.infer<typeof row>[] {
    const newest = 'order by session desc, line desc limit ?';
    switch (query.hist_access_type) {
      case 'tail':
        return this.#all(`select * from cells ${newest}`, query.n ?? tailUnasked).reverse();
      case 'range': {
        const of = this.#sessionOf(query.session ?? 0, session);
        if (of === undefined) return [];
        const next = this.#nextLine(of);
        const [start, stop] = [query.start ?? 0, query.stop ?? 0];
        return this.#all(
          'select * from cells where session = ? and line >= ? and line < ? order by line',
          ...[of, start < 0 ? start + next : start, stop <= 0 ? stop + next : stop],
        );
      }
      case 'search': {
        const latest = 'max(session * 4294967296 + line)';
        const [columns, group] = query.unique === true ? [`*, ${latest}`, 'group by source'] : ['*', ''];
        const found = `select ${columns} from cells where source glob ? ${group} ${newest}`;
        return this.#all(found, query.pattern ?? '*', query.n ?? -1).reverse();
      }
    }
  }

  #all(sql: string, ...values: readonly (string | number)[]): z.infer<typeof row>[] {
    return z.array(row).parse(this.#database.prepare(sql).all(...values));
  }

  /** 0 is the current one, -1 the one before it, as in IPython. */
  #sessionOf(wanted: number, current: number | undefined): number | undefined {
    if (wanted > 0) return wanted;
    if (wanted === 0) return current;
    const found = this.#database
      .prepare('select id from sessions where id < ? order by id desc limit 1 offset ?')
      .get(current ?? Number.MAX_SAFE_INTEGER, -wanted - 1);
    return identified.parse(found)?.id;
  }

  /** The line that would come next in a session: numbers below zero count back from it. */
  #nextLine(session: number): number {
    const last = this.#database.prepare('select max(line) as last from cells where session = ?').get(session);
    return (lines.parse(last).last ?? 0) + 1;
  }

  #prune(current: number): void {
    const { cells, bytes } = this.#bounds;
    const now = sums.parse(
      this.#database.prepare('select count(*) as cells, coalesce(sum(bytes), 0) as bytes from cells').get(),
    );
    if (now.cells <= cells && now.bytes <= bytes) return;
    const beyond = this.#database
      .prepare(
        `select id from (
           select id, row_number() over newest as place, sum(bytes) over newest as total from cells
           window newest as (order by id desc)
         ) where place > ? or total > ? order by id desc limit 1`,
      )
      .get(Math.floor(cells * keptShare), Math.floor(bytes * keptShare));
    const last = identified.parse(beyond)?.id;
    if (last === undefined) return;
    this.#database.prepare('delete from cells where id <= ?').run(last);
    this.#database
      .prepare('delete from sessions where id <> ? and id not in (select session from cells)')
      .run(current);
  }
}
