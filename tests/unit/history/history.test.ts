import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { HistoryDatabase } from '../../../kernel/history/database.ts';
import { History } from '../../../kernel/history/history.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { parseRequest } from '../../../kernel/protocol/messages.ts';

let folder: string;
let file: string;
let log: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replique-history-'));
  file = join(folder, 'data', 'history.sqlite');
  log = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A kernel's history. Secrets are `hunter2`, and outputs lose their bells. */
const kernel = (): History =>
  new History({
    file,
    cleanSource: (text) => text.replaceAll('hunter2', '[redacted]'),
    cleanOutput: (text) => text.replaceAll('hunter2', '[redacted]').replaceAll('\u0007', ''),
    log: (line) => log.push(line),
  });

/** A kernel that has run these and has ended. */
async function ran(...sources: readonly string[]): Promise<void> {
  const history = kernel();
  sources.forEach((source, at) => history.add(at + 1, source));
  await history.finish();
}

/** As a client asks. */
function query(content: object) {
  const request = parseRequest(makeMessage('history_request', 'client', content));
  if (request.msg_type !== 'history_request') return expect.unreachable(JSON.stringify(request));
  return request.content;
}
const find = (history: History, content: object) => history.find(query(content));
const tail = (history: History, n = 100) => find(history, { hist_access_type: 'tail', n });

describe('the history', () => {
  it('has the last cells of all kernels, the newest last', async () => {
    await ran('a1', 'a2');
    await ran('b1');
    const now = kernel();
    now.add(1, 'c1');
    expect(await tail(now)).toEqual([
      [1, 1, 'a1'],
      [1, 2, 'a2'],
      [2, 1, 'b1'],
      [3, 1, 'c1'],
    ]);
    expect(await tail(now, 2)).toEqual([
      [2, 1, 'b1'],
      [3, 1, 'c1'],
    ]);
    expect(await tail(now, 0)).toEqual([]);
    await now.finish();
    await ran(...Array.from({ length: 12 }, (_, at) => `d${at}`));
    const later = kernel();
    expect(await find(later, {})).toHaveLength(10);
    await later.finish();
    expect(log).toEqual([]);
  });

  it('is written when no more cells come, or 2 s after the first, so that a row of short cells does not wait for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const history = kernel();
    const row = async (from: number, cells: number): Promise<void> => {
      for (let line = from; line < from + cells; line++) {
        history.add(line, `cell ${line}`);
        await vi.advanceTimersByTimeAsync(100);
      }
    };
    await row(1, 19);
    await setImmediate();
    expect(existsSync(file)).toBe(false);
    await row(20, 1);
    await setImmediate();
    vi.useRealTimers();
    const count = 'select count(*) as n from cells';
    const written = (): unknown => new Database(file).prepare(count).get();
    await vi.waitFor(() => expect(written()).toMatchObject({ n: 20 }), 20_000);
    history.add(21, 'the last one');
    await vi.waitFor(() => expect(written()).toMatchObject({ n: 21 }), 20_000);
    await history.finish();
  });

  it('finds a range of a session, by its number or counted back from this one', async () => {
    await ran('a1', 'a2', 'a3');
    await ran('b1');
    const now = kernel();
    const range = (content: object) => find(now, { hist_access_type: 'range', ...content });
    const a = (...lines: number[]) => lines.map((line) => [1, line, `a${line}`]);
    expect(await range({ session: 0 })).toEqual([]);
    expect(await range({ session: -1 })).toEqual([[2, 1, 'b1']]);
    expect(await range({ session: -2, start: 2 })).toEqual(a(2, 3));
    now.add(1, 'c1');
    now.add(2, 'c2');
    expect(await range({ session: 0, start: 1, stop: 2 })).toEqual([[3, 1, 'c1']]);
    expect(await range({})).toHaveLength(2);
    expect(await range({ session: -2, start: 1, stop: 3 })).toEqual(a(1, 2));
    expect(await range({ session: 1, start: -2 })).toEqual(a(2, 3));
    expect(await range({ session: 1, start: 1, stop: -1 })).toEqual(a(1, 2));
    expect(await range({ session: -9 })).toEqual([]);
    expect(await range({ session: 9, start: null, stop: null })).toEqual([]);
    await now.finish();
  });

  it('finds by a pattern, each once where that is wished, as many as are wished', async () => {
    await ran('load the data', 'plot it', 'load the data', 'Load more');
    const now = kernel();
    const search = (content: object) => find(now, { hist_access_type: 'search', ...content });
    expect(await search({ pattern: 'load*' })).toEqual([
      [1, 1, 'load the data'],
      [1, 3, 'load the data'],
    ]);
    expect(await search({ pattern: 'load*', unique: true })).toEqual([[1, 3, 'load the data']]);
    expect(await search({ pattern: '?oad*', n: 2 })).toEqual([
      [1, 3, 'load the data'],
      [1, 4, 'Load more'],
    ]);
    expect(await search({ unique: true, n: 2, output: true })).toEqual([
      [1, 3, ['load the data', null]],
      [1, 4, ['Load more', null]],
    ]);
    expect(await search({ pattern: "'; drop table cells; --" })).toEqual([]);
    await now.finish();
  });

  it('has the text of Out[n], of its cell whenever it was written', async () => {
    const now = kernel();
    now.add(1, '6 * 7');
    expect(await find(now, { output: true })).toEqual([[1, 1, ['6 * 7', null]]]);
    now.add(1, '6 * 7', 'for\u0007ty-two');
    now.add(2, 'long', 'x'.repeat(100_000));
    await now.finish();
    const later = kernel();
    const [short, long] = await find(later, { output: true });
    expect(short).toEqual([1, 1, ['6 * 7', 'forty-two']]);
    expect(long?.[2][1]).toHaveLength(20_001);
    await later.finish();
  });

  it('keeps no secret and no empty or endless cell, and is for its owner alone', async () => {
    const now = kernel();
    now.add(1, 'log in with hunter2');
    now.add(2, ' \n');
    now.add(3, 'x'.repeat(300_000));
    now.add(4, 'a\0b\nc\n', `${'y'.repeat(19_998)}hunter2`);
    await now.finish();
    const later = kernel();
    expect(await tail(later)).toEqual([
      [1, 1, 'log in with [redacted]'],
      [1, 4, 'a\ufffdb\nc'],
    ]);
    expect(JSON.stringify(await find(later, { output: true }))).not.toMatch(/hunt/);
    await later.finish();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  it('of many cells and many bytes keeps the newest', () => {
    const database = new HistoryDatabase(file, { cells: 100, bytes: 10_000 });
    const first = database.write(undefined, [{ line: 1, source: 'first' }]);
    const second = database.write(undefined, []);
    for (let line = 1; line <= 150; line++) database.write(second, [{ line, source: `cell ${line}` }]);
    const lines = () =>
      database.read(query({ hist_access_type: 'tail', n: 1000 }), second).map(([, line]) => line);
    expect(lines().length).toBeLessThanOrEqual(100);
    expect(lines().length).toBeGreaterThanOrEqual(90);
    expect(lines().at(-1)).toBe(150);
    for (let line = 151; line <= 160; line++) database.write(second, [{ line, source: 'z'.repeat(2000) }]);
    expect(lines()).toEqual([156, 157, 158, 159, 160]);
    // Session numbers are not given again.
    expect(database.write(undefined, [{ line: 1, source: 'x' }])).toBe(second + 1);
    expect(first).toBe(1);
    database.close();
  });
});

describe('kernels that run at once', () => {
  it('share it, and have sessions of their own', async () => {
    const kernels = Array.from({ length: 8 }, () => kernel());
    for (let line = 1; line <= 5; line++) {
      kernels.forEach((history, at) => history.add(line, `${at}.${line}`));
      await Promise.all(kernels.map((history) => find(history, {})));
    }
    await Promise.all(kernels.map((history) => history.finish()));
    const later = kernel();
    const found = await tail(later);
    expect(found).toHaveLength(40);
    expect(new Set(found.map(([session]) => session)).size).toBe(8);
    await later.finish();
    expect(log).toEqual([]);
  });

  it('wait for each other only at the end; what could not be written then is said', async () => {
    await ran('a1');
    const other = new Database(file);
    other.exec('begin immediate');
    const now = kernel();
    now.add(1, 'b1');
    expect(await tail(now)).toEqual([[1, 1, 'a1']]);
    other.exec('rollback');
    expect(await tail(now)).toHaveLength(2);
    other.exec('begin immediate');
    now.add(2, 'b2');
    await now.finish();
    other.exec('rollback');
    other.close();
    expect(log).toEqual(['The last cells are not in the history: another kernel was writing.']);
  });
});

function inDatabase(sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

describe('a history that can’t be used', () => {
  it.each([
    ['is no database', () => writeFileSync(file, 'This is no database, but long enough. '.repeat(200))],
    ['is a folder', () => mkdirSync(file)],
    ['lies where nothing can be written', () => writeFileSync(join(folder, 'data'), '')],
    ['is of a later version', () => inDatabase('pragma user_version = 9')],
    ['has other tables', () => inDatabase('create table cells (a)')],
  ])('because it %s, is that of this kernel alone, and the log says so once', async (what, spoil) => {
    if (!what.startsWith('lies')) mkdirSync(join(folder, 'data'));
    spoil();
    const before = what.startsWith('is no') ? readFileSync(file) : undefined;
    const now = kernel();
    now.add(1, 'a1');
    expect(await tail(now)).toEqual([[1, 1, 'a1']]);
    now.add(2, 'a2', 'two');
    expect(await find(now, { output: true })).toHaveLength(2);
    expect(await find(now, { hist_access_type: 'range' })).toHaveLength(2);
    await now.finish();
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(file);
    if (before) expect(readFileSync(file)).toEqual(before);
  });

  it('because it was destroyed meanwhile, goes on in memory', async () => {
    const now = kernel();
    now.add(1, 'a1');
    await tail(now);
    writeFileSync(file, Buffer.alloc(8192, 7));
    rmSync(`${file}-wal`, { force: true });
    now.add(2, 'a2');
    expect((await tail(now)).at(-1)?.[2]).toBe('a2');
    await now.finish();
    expect(log.length).toBeLessThanOrEqual(1);
  });

  it('because there is no file, ends with the kernel', async () => {
    const alone = new History({
      file: undefined,
      cleanSource: String,
      cleanOutput: String,
      log: () => log.push(''),
    });
    alone.add(1, 'a1');
    expect(await tail(alone)).toEqual([[1, 1, 'a1']]);
    await alone.finish();
    expect(log).toEqual([]);
  });
});

it('nothing is opened before a cell has run or a client asks', async () => {
  const now = kernel();
  await now.finish();
  expect(() => statSync(file)).toThrow();
});
