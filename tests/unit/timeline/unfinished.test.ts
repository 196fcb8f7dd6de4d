import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileDelta, FileHistory } from '../../../kernel/timeline/files/contract.ts';
import { createFileHistory } from '../../../kernel/timeline/files/history.ts';
import { objectsDir } from '../../../kernel/timeline/journal/journal.ts';
import { pruneTimelines } from '../../../kernel/timeline/journal/prune.ts';
import { MoveKeeper } from '../../../kernel/timeline/unfinished/keeper.ts';
import { recoverFiles } from '../../../kernel/timeline/unfinished/recover.ts';
import { Random } from '../../fuzz/random.ts';
import { FileGround } from '../../support/file-ground.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 3);
const session = randomUUID();
let ground: FileGround;
let directory: string;
let history: FileHistory;
let moves: MoveKeeper;
let logged: string[];
const records = (): string[] => readdirSync(join(directory, 'moves'));
const recordFile = (): string => join(directory, 'moves', `${session}.json`);
const asideIn = (): string => join(ground.top, 'aside');
const log = (line: string): void => void logged.push(line);
const recover = (workspace = ground.workspace): Promise<readonly string[]> =>
  recoverFiles({ directory, workspace, asideIn: asideIn(), log });

beforeEach(() => {
  ground = new FileGround();
  directory = join(ground.top, 'timeline');
  history = createFileHistory({ workspace: ground.workspace, objects: objectsDir(directory, session) });
  moves = new MoveKeeper({ directory, session, workspace: ground.workspace, log });
  logged = [];
});
afterEach(() => ground.remove());

/** What code that writes these files changes. */
async function run(files: Record<string, string>): Promise<FileDelta> {
  await history.settle();
  for (const [path, content] of Object.entries(files)) ground.put(path, content);
  return (await history.changes()).delta;
}

/** Takes it back; the kernel is killed when that is done. */
async function killedAfter(undo: readonly FileDelta[], to?: number): Promise<void> {
  moves.begin(to);
  await history.move(undo, [], (planned) => moves.note(planned));
  looksKilled();
}

function looksKilled(): void {
  const record = JSON.parse(readFileSync(recordFile(), 'utf8')) as object;
  writeFileSync(
    recordFile(),
    JSON.stringify({ ...record, process: { pid: process.pid, started: 'before' } }),
  );
}

const journal = (...lines: readonly object[]): void =>
  writeFileSync(
    join(directory, session, 'journal.jsonl'),
    [{ type: 'timeline', version: 1, session }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
const node = (id: number, parent?: number): object => ({
  ...{ type: 'node', id, kind: parent === undefined ? 'start' : 'code', executionCount: id, words: '' },
  ...{ ...(parent !== undefined && { parent }), tokens: 0, steps: [] },
  talk: { cell: 0, same: 0, entries: [] },
});

describe('files that a killed kernel was moving', () => {
  it(`are all as before, wherever the move was broken off (seed ${seed})`, async () => {
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    const paths = ['a', 'b', 'd/c', 'd/e/f'];
    for (let round = 0; round < 20; round += 1) {
      const before = await run(Object.fromEntries(paths.map((path) => [path, `${path} ${round}`])));
      const changed = await run({ a: `new ${round}`, 'd/c': `new ${round}`, [`only-${round}`]: 'here' });
      rmSync(ground.at('b'));
      const removed = (await history.changes()).delta;
      await killedAfter([before, changed, removed]);
      for (const path of [...paths, `only-${round}`])
        if (random.chance(0.5) && existsSync(ground.at(path))) rmSync(ground.at(path));
      const [said = ''] = await recover();
      expect(said).toContain('As before are');
      expect(ground.read('a')).toBe(`new ${round}`);
      expect(ground.read('d/c')).toBe(`new ${round}`);
      expect(ground.read(`only-${round}`)).toBe('here');
      expect(ground.read('d/e/f')).toBe(`d/e/f ${round}`);
      expect(existsSync(ground.at('b'))).toBe(false);
      expect(records()).toEqual([]);
      await history.settle();
    }
  });

  it('stay where they are when the move had ended', async () => {
    await killedAfter([await run({ a: '1' })], 0);
    journal(node(0), node(1, 0), { type: 'standing', head: 0, on: 'main', tips: { main: 0 } });
    expect(await recover()).toEqual([]);
    expect(existsSync(ground.at('a'))).toBe(false);
    expect(records()).toEqual([]);
  });

  it('are put back where the timeline does not say that it had', async () => {
    await killedAfter([await run({ a: '1' })], 0);
    journal(node(0), node(1, 0));
    expect(await recover()).toHaveLength(1);
    expect(ground.read('a')).toBe('1');
  });

  it('are left where a person has written them since, and nothing ran', async () => {
    await killedAfter([await run({ a: '1', b: '2' })]);
    ground.put('a', 'a person’s');
    expect((await recover()).join(' ')).toMatch(
      /As before are b again\. Left as it is: a \(was changed by others\)/,
    );
    expect([ground.read('a'), ground.read('b')]).toEqual(['a person’s', '2']);
    expect(existsSync(asideIn())).toBe(false);
  });

  it('take the place of what code wrote when it ran again; what it had not written before is kept', async () => {
    const one = await run({ a: '1', b: '1' });
    const two = await run({ a: '2', b: '2', c: '2' });
    moves.begin();
    moves.runsAgain();
    await history.move([one, two], [], (planned) => moves.note(planned));
    ground.put('a', '1');
    ground.put('b', 'hal');
    await moves.note([{ path: 'c', before: undefined }]);
    looksKilled();
    journal(node(0), node(1, 0), node(2, 1), { type: 'files', of: 1, node: 0, delta: one });
    expect((await recover()).join(' ')).toMatch(
      /As before are a, b and c again\. What was in b instead is kept in/,
    );
    expect(['a', 'b', 'c'].map((path) => ground.read(path))).toEqual(['2', '2', '2']);
    const [kept = ''] = readdirSync(join(asideIn(), session));
    expect(readFileSync(join(asideIn(), session, kept), 'utf8')).toBe('hal');
  });

  it('that no delta names are put back, too, if they were noted', async () => {
    ground.put('old', 'of long ago');
    utimesSync(ground.at('old'), 1, 1);
    ground.put('new', 'of just now');
    await history.settle();
    expect(history.recent(Date.now() - 60_000).map(({ path }) => path)).toEqual(['new']);
    moves.begin();
    moves.runsAgain();
    await moves.note(history.recent(Date.now() - 60_000));
    looksKilled();
    ground.put('new', '');
    await recover();
    expect(ground.read('new')).toBe('of just now');
  });

  it('are those of a kernel that runs, or of another workspace, for as long', async () => {
    const delta = await run({ a: '1' });
    moves.begin();
    await history.move([delta], [], (planned) => moves.note(planned));
    expect(await recover()).toEqual([]);
    looksKilled();
    expect(await recover(ground.outside)).toEqual([]);
    expect([records(), existsSync(ground.at('a'))]).toEqual([[`${session}.json`], false]);
    await moves.done();
    expect(records()).toEqual([]);
  });

  it('are left in peace by a record that is none', async () => {
    mkdirSync(join(directory, 'moves'), { recursive: true });
    writeFileSync(recordFile(), '{"version": 1, "files": [{"path": "../outside"');
    writeFileSync(join(directory, 'moves', `.${session}.draft`), '');
    utimesSync(join(directory, 'moves', `.${session}.draft`), 1, 1);
    expect(await recover()).toEqual([]);
    expect(records()).toEqual([`${session}.json.broken`]);
    expect(logged.join()).toContain('can’t be used');
  });

  it('are never looked for outside of the workspace', async () => {
    await killedAfter([await run({ a: '1' })]);
    const record = JSON.parse(readFileSync(recordFile(), 'utf8')) as { files: { path: string }[] };
    const [file] = record.files;
    const hostile = ['../outside/x', '/etc/x', '.git/hooks/x', 'n.ipynb'].map((path) => ({ ...file, path }));
    writeFileSync(recordFile(), JSON.stringify({ ...record, files: hostile }));
    expect((await recover()).join(' ')).toContain('is nothing that is taken back');
    expect([readdirSync(ground.workspace), readdirSync(ground.outside)]).toEqual([[], []]);
  });
});

describe('the record of a move', () => {
  it('is not written where nothing moves, and stays behind for the next kernel where it can’t be removed', async () => {
    const delta = await run({ a: '1' });
    moves.begin();
    await history.move([], [delta], (planned) => moves.note(planned));
    expect(existsSync(join(directory, 'moves'))).toBe(false);
    await moves.done();
    expect(logged).toEqual([]);
  });

  it('that can’t be written is told in the log; the move goes on', async () => {
    writeFileSync(join(ground.top, 'timeline-file'), '');
    moves = new MoveKeeper({
      directory: join(ground.top, 'timeline-file'),
      session,
      workspace: ground.workspace,
      log,
    });
    const delta = await run({ a: '1' });
    moves.begin();
    await history.move([delta], [], (planned) => moves.note(planned));
    expect(existsSync(ground.at('a'))).toBe(false);
    expect(logged.join()).toContain('goes on without a record');
  });

  it('keeps the timeline that files are put back from, for 90 days', async () => {
    await killedAfter([await run({ a: '1' })]);
    const days = (number: number): number => Date.now() + number * 24 * 60 * 60 * 1000;
    await pruneTimelines(directory, join(ground.top, 'sessions'), days(89));
    expect(await recover()).toHaveLength(1);
    expect(ground.read('a')).toBe('1');
    await killedAfter([await run({ a: '2' })]);
    await pruneTimelines(directory, join(ground.top, 'sessions'), days(91));
    expect([records(), existsSync(join(directory, session))]).toEqual([[], false]);
  });
});
