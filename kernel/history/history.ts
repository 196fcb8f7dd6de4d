import type { HistoryEntry, RequestContent } from '../protocol/messages.ts';
import type { Cell, HistoryDatabase } from './database.ts';

/** What is longer is no line that anybody wants to have again. */
const longestSource = 256 * 1024;
const longestOutput = 20_000;
/** Cells that wait to be written; beyond, the oldest are lost. */
const mostWaiting = 1000;
const writeAfterMs = 200;
const writeLatestMs = 2000;
const writeAgainMs = 2000;
/** The kernel's end waits so long for another kernel that writes. */
const lastWaitMs = 500;

export interface HistoryOptions {
  /** Absent: the history ends with the kernel. */
  readonly file: string | undefined;
  /** Takes secrets, and what controls a terminal, out of an output. */
  readonly cleanOutput: (text: string) => string;
  /** Takes secrets out of what was typed. */
  readonly cleanSource: (text: string) => string;
  readonly log: (line: string) => void;
}

/**
 * What was run in this kernel and in the user's earlier ones. Cells are written a moment after the last one, or 2 s after the first, so
 * that none waits for it. Nothing is opened before the first cell or question. Where the file can't be used, the history
 * is that of this kernel alone, and the log says so.
 */
export class History {
  readonly #o: HistoryOptions;
  readonly #waiting = new Map<number, Cell>();
  #opened: Promise<HistoryDatabase | undefined> | undefined;
  #session: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When what waits is to be written, whatever else comes. */
  #latest: number | undefined;
  #isFallback = false;

  constructor(options: HistoryOptions) {
    this.#o = options;
  }

  /** A cell has begun, or it has come to an output, the text of `Out[line]`. */
  add(line: number, source: string, output?: string): void {
    if (source.trim() === '' || source.length > longestSource) return;
    const cell = { line, source: storable(this.#o.cleanSource(source.trimEnd())) };
    this.#note(output === undefined ? cell : { ...cell, output: this.#short(output) });
  }

  /** What a client asks for. Never rejects: where nothing can be read, there is none. */
  async find(query: RequestContent<'history_request'>): Promise<readonly HistoryEntry[]> {
    await this.#write();
    return (await this.#try((database) => database.read(query, this.#session))) ?? [];
  }

  /** Writes what waits, and closes. Never rejects. */
  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0) await this.#try((database) => database.waitFor(lastWaitMs));
    await this.#write();
    clearTimeout(this.#timer);
    if (this.#waiting.size > 0)
      this.#o.log('The last cells are not in the history: another kernel was writing.');
    const database = await this.#opened;
    database?.close();
    this.#opened = Promise.resolve(undefined);
  }

  #short(output: string): string {
    const text = storable(this.#o.cleanOutput(output));
    return text.length > longestOutput ? `${text.slice(0, longestOutput)}…` : text;
  }

  #note(cell: Cell): void {
    this.#waiting.set(cell.line, cell);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > mostWaiting && oldest !== undefined) this.#waiting.delete(oldest);
    const now = performance.now();
    this.#latest ??= now + writeLatestMs;
    this.#writeIn(Math.max(0, Math.min(writeAfterMs, this.#latest - now)));
  }

  #writeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#write(), ms).unref();
  }

  /** Writes what waits. What can't be written because another kernel writes, waits on. */
  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#latest = undefined;
    if (this.#waiting.size === 0) return;
    await this.#try((database) => {
      this.#session = database.write(this.#session, [...this.#waiting.values()]);
      this.#waiting.clear();
    });
    if (this.#waiting.size > 0) this.#writeIn(writeAgainMs);
  }

  /** What the action comes to; `undefined` where the database is busy, or there is none. */
  async #try<T>(action: (database: HistoryDatabase) => T): Promise<T | undefined> {
    this.#opened ??= this.#open(this.#o.file ?? ':memory:');
    const database = await this.#opened;
    if (database === undefined) return undefined;
    try {
      return action(database);
    } catch (error) {
      if (isBusy(error)) return undefined;
      database.close();
      this.#fallBack(error as Error);
      return this.#try(action);
    }
  }

  async #open(file: string): Promise<HistoryDatabase | undefined> {
    try {
      const { HistoryDatabase } = await import('./database.ts');
      return new HistoryDatabase(file);
    } catch (error) {
      if (isBusy(error)) this.#opened = undefined;
      else this.#fallBack(error as Error);
      return this.#opened;
    }
  }

  /** From now on the history is kept in memory; where not even that is possible, there is none. */
  #fallBack(error: Error): void {
    this.#session = undefined;
    if (this.#isFallback) {
      this.#opened = Promise.resolve(undefined);
      return;
    }
    this.#isFallback = true;
    const { file = 'memory', log } = this.#o;
    log(
      `The history can't be used, so it is that of this kernel alone: ${file}: ${error.message}. Move the file away to begin a new one.`,
    );
    this.#opened = this.#open(':memory:');
  }
}

/** SQLite ends a text at its first NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd');

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
