import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { workerEnvDir } from '../../kernel/paths.ts';
import { KernelHome } from '../support/spawned-kernel.ts';
import { divergencesIn, notebookOf, runCell, TapeGround, type TapedCell } from '../support/tape.ts';

const helper = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;
const replies = [{ text: helper('print(6 * 7)') }, { text: 'It is 42.' }, { text: 'Hello!' }];

let ground: TapeGround;
let recorded: TapedCell[];

beforeAll(async () => {
  ground = new TapeGround(replies);
  recorded = await ground.record([
    { id: 'a', source: 'What is six times seven?' },
    { id: 'b', source: 'Say hello.' },
  ]);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => ground.close());

const first = async (mode: 'replay' | 'verify' = 'replay'): Promise<string> => {
  const [ran] = await ground.play(mode, recorded.slice(0, 1));
  expect(ran?.reply['status']).toBe('error');
  return String(ran?.reply['evalue']);
};

it.each([
  ['{', 'it is not JSON'],
  ['[]', 'it is not a notebook in format 4'],
  [JSON.stringify({ nbformat: 3, nbformat_minor: 0, worksheets: [] }), 'it is in notebook format 3'],
  [JSON.stringify({ nbformat: 5, nbformat_minor: 0, cells: [] }), 'it is in notebook format 5'],
  [JSON.stringify({ nbformat: 4, cells: [{ cell_type: 'code' }] }), '(at "cells.0.source")'],
  [
    JSON.stringify({ nbformat: 4, metadata: { kernelspec: { name: 'python3' } }, cells: [] }),
    'it was made with another kernel (python3)',
  ],
  ['['.repeat(1_000_000) + ']'.repeat(1_000_000), 'it is not'],
])('says what is wrong with a file that is no tape: %.40s', async (text, problem) => {
  ground.write(text);
  expect(await first()).toContain(problem);
});

it('says that a notebook of 500 MB is too large', async () => {
  ground.write('');
  truncateSync(ground.file, 500_000_000);
  expect(statSync(ground.file).size).toBe(500_000_000);
  expect(await first()).toContain('it is larger than 200 MB');
  ground.write('');
});

it('says that there is no tape', async () => {
  const kernel = await ground.start({
    tape: 'replay',
    tapeFile: join(ground.workspace, 'no.ipynb'),
  });
  const { reply } = await runCell(kernel, 'Say hello.');
  expect(reply['evalue']).toContain('there is no such file');
  await ground.end(kernel);
});

it('replays cells of format 4.4, which have no ids, and cells that share one', async () => {
  const bare = recorded.map((cell) => {
    const copy = { ...cell };
    delete copy.id;
    return copy;
  });
  ground.write({ ...notebookOf(bare), nbformat_minor: 4 });
  expect((await ground.play('replay', bare)).map(({ reply }) => reply['status'])).toEqual(['ok', 'ok']);
  const twins = recorded.map((cell) => ({ ...cell, id: 'same' }));
  ground.write(notebookOf(twins));
  const played = await ground.play('replay', twins);
  expect(played.map(({ outputs }) => outputs)).toEqual(recorded.map(({ outputs }) => outputs));
  const kernel = await ground.start({ tape: 'replay', tapeFile: ground.file });
  const { outputs } = await runCell(kernel, '%tape');
  expect(JSON.stringify(outputs)).toContain('Several cells have the id');
  await ground.end(kernel);
});

it('says that an output is not as Jupyter writes it', async () => {
  const broken = structuredClone(recorded);
  let deep: unknown = 1;
  for (let level = 0; level < 500; level += 1) deep = [deep];
  broken[0]?.outputs.push({ output_type: 'display_data', data: { 'application/json': deep }, metadata: {} });
  ground.write(notebookOf(broken));
  const [ran] = await ground.play('replay', broken.slice(0, 1));
  expect(divergencesIn(ran!)[0]?.what).toContain('is not as nbformat 4 has it');
});

it('replays in a process whose environment says so, and starts no other, also for what an editor asks', async () => {
  const home = new KernelHome({ REPLIQUE_PROVIDER: 'mock' });
  const notebook = join(home.top, 'workspace', 'notebook.ipynb');
  writeFileSync(notebook, JSON.stringify(notebookOf(recorded)));
  const variables = { REPLIQUE_TAPE_MODE: 'replay', REPLIQUE_TAPE: notebook };
  const kernel = await home.start('replay', undefined, variables);
  for (const { source, outputs } of recorded) {
    expect((await runCell(kernel, source)).outputs).toEqual(outputs);
  }
  const asked = kernel.client.send('complete_request', { code: '%%python\nimpo', cursor_pos: 13 });
  await kernel.client.reply(asked);
  expect(kernel.processes()).toHaveLength(1);
  await home.close();
});

it('is not led out of a replay by the notebook, and leaves one where it was begun by hand', async () => {
  const live = recorded.map((cell) => ({ ...cell, metadata: { tags: ['replique:live'] } }));
  ground.write(notebookOf(live, { replique: { tape: 'live' } }));
  ground.script([{ text: 'I was asked.' }]);
  const fixed = await ground.start({ tape: 'replay' });
  expect((await runCell(fixed, '%tape live')).reply['evalue']).toContain('stays so');
  expect(JSON.stringify((await runCell(fixed, 'What is six times seven?')).outputs)).toContain('It is 42.');
  await ground.end(fixed);
  ground.write(notebookOf(recorded, { replique: { tape: 'replay' } }));
  const free = await ground.start();
  expect(JSON.stringify((await runCell(free, 'What is six times seven?')).outputs)).toContain('It is 42.');
  await runCell(free, '%tape live');
  const asked = JSON.stringify((await runCell(free, 'Say hello.')).outputs);
  expect(asked).toContain('I was asked.');
  expect(asked).not.toContain('replique.tape+json');
  await ground.end(free);
});

it('replays one cell of a session that records, where the cell says so', async () => {
  const tagged = recorded.map((cell, index) =>
    index === 0 ? { ...cell, metadata: { tags: ['replique:replay'] } } : cell,
  );
  ground.write(notebookOf(tagged));
  ground.script([{ text: 'Asked anew.' }]);
  const kernel = await ground.start();
  expect(JSON.stringify((await runCell(kernel, 'What is six times seven?')).outputs)).toContain('It is 42.');
  expect(JSON.stringify((await runCell(kernel, 'Say hello.')).outputs)).toContain('Asked anew.');
  await ground.end(kernel);
});

it('answers from the cache what was asked before, says so, and asks again in live', async () => {
  const python = join(workerEnvDir(), 'bin', 'python');
  const cached = new TapeGround([{ text: 'One.' }], { cache: 'on', python });
  vi.stubEnv('XDG_DATA_HOME', cached.top);
  const counted = async (config: Partial<Config> = {}): Promise<string> => {
    const kernel = await cached.start(config);
    const { outputs } = await runCell(kernel, 'Count.');
    await cached.end(kernel);
    return JSON.stringify(outputs);
  };
  expect(await counted()).toContain('One.');
  cached.script([{ text: 'Two.' }]);
  const again = await counted();
  expect(again).toContain('One.');
  expect(again).toContain('from the cache');
  expect(await counted({ tape: 'live' })).toContain('Two.');
  const file = join(cached.top, 'replique', 'cache.sqlite');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  writeFileSync(file, 'no database');
  const damaged = await counted();
  expect(damaged).toContain('Two.');
  expect(damaged).toContain('The cache was damaged');
  await cached.close();
});
