import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { divergencesIn, notebookOf, runCell, TapeGround, type Ran, type TapedCell } from '../support/tape.ts';

/** Cells that do not go smoothly, and notebooks that were changed after them: what a tape may also hold. */

const helper = (code: string, more = ''): string => `<helpers lang="python"${more}>\n${code}\n</helpers>`;

const displays = `%%python
import sys
from IPython.display import clear_output, display
print("cleared")
clear_output()
print("cleared by what comes next")
clear_output(wait=True)
handle = display({"text/plain": "first"}, raw=True, display_id=True)
display({"text/plain": "first"}, raw=True, display_id=handle.display_id)
handle.update({"text/plain": "second"}, raw=True)
print("kept")
print("warned", file=sys.stderr)`;

const waits = `import os, time
open("begun", "w").close()
while os.path.exists("wait"): time.sleep(0.01)
print("waited")`;

const cells = [
  { id: 'chart', source: 'Draw.' },
  { id: 'displays', source: displays },
  { id: 'fails', source: '%%python\nprint("so far")\n1/0' },
  { id: 'slow', source: 'Count for ever.' },
  { id: 'waits', source: 'Wait as long as the file is there.' },
  { id: 'own', source: `%%python\n${waits}` },
  { id: 'down', source: 'Say more.' },
  { id: 'magic', source: '%tape\nSay hello.' },
];
const replies = [
  {
    text: helper(
      'import matplotlib.pyplot as plt\nplt.bar([1], [2])\nplt.show()',
      ' title="A chart" timeout="20"',
    ),
  },
  { text: 'There it is.' },
  { text: helper('print("counting", flush=True)\nwhile True: pass', ' timeout="1"') },
  { text: 'It took too long.' },
  { text: 'It has no end.' },
  { text: helper(waits) },
  { text: 'It is gone.' },
  { text: 'It was', error: { status: 400, message: 'refused' } },
  { text: 'Hello!' },
];

let ground: TapeGround;
let recorded: TapedCell[];

beforeAll(async () => {
  const prices = { mock: { input: 1, output: 2 } };
  ground = new TapeGround(replies, { vision: 'on', prices, retries: 0 });
  recorded = await ground.record(cells);
  ground.script([]);
});
afterEach(() => {
  for (const name of ['wait', 'begun']) rmSync(join(ground.workspace, name), { force: true });
});
afterAll(() => ground.close());

const statuses = (played: readonly Ran[]): unknown[] => played.map(({ reply }) => reply['status']);
const outputsOf = (all: readonly { readonly outputs: unknown }[]): unknown[] =>
  all.map(({ outputs }) => outputs);
const cellOf = (all: readonly TapedCell[], id: string): TapedCell => all.find((cell) => cell.id === id)!;
const copyOf = (id: string): TapedCell => structuredClone(cellOf(recorded, id));
const textOf = (shown: unknown): string => JSON.stringify(shown);
/** Without what `%tape` says of the mode that holds. */
const settled = (): TapedCell[] => structuredClone(recorded.filter(({ id }) => id !== 'magic'));
type Data = Record<string, Record<string, unknown>>;
const turnMime = 'application/vnd.replique.turn+json';
const tapeMime = 'application/vnd.replique.tape+json';
const cellMime = 'application/vnd.replique.cell+json';
const dataIn = (cell: TapedCell, type: string): Data[] =>
  cell.outputs.flatMap(({ data }) => (data !== undefined && type in (data as Data) ? [data as Data] : []));

/** Leaves a cell as a version did that kept no tape. */
function untape(cell: TapedCell): void {
  for (const data of dataIn(cell, tapeMime)) Reflect.deleteProperty(data, tapeMime);
}

/** Plays one cell, of a tape that has it alone. */
async function playAlone(cell: TapedCell, mode: 'replay' | 'verify' = 'replay', run = cell): Promise<Ran> {
  ground.write(notebookOf([cell]));
  const [ran] = await ground.play(mode, [run]);
  return ran!;
}

it('replays what failed, was stopped or cost money to the same outputs, and verifies it', async () => {
  const all = settled();
  ground.write(notebookOf(all));
  const replayed = await ground.play('replay', all);
  expect(outputsOf(replayed)).toEqual(outputsOf(all));
  const ends = ['ok', 'ok', 'error', 'ok', 'ok', 'ok', 'error'];
  expect(statuses(replayed)).toEqual(ends);
  const verified = await ground.play('verify', all);
  expect(verified.flatMap(divergencesIn)).toEqual([]);
  expect(statuses(verified)).toEqual(ends);
  expect(outputsOf(verified)).toEqual(outputsOf(all));
});

it('replays what a version that kept no tape recorded, and says where its prompt was edited', async () => {
  const all = settled();
  for (const cell of all) untape(cell);
  ground.write(notebookOf(all));
  const played = await ground.play('replay', all);
  expect(outputsOf(played)).toEqual(outputsOf(all));
  const [edited] = await ground.play('replay', [{ ...all[0]!, source: 'Sketch.' }]);
  expect(divergencesIn(edited!)).toMatchObject([{ kind: 'request', recorded: 'Draw.', found: 'Sketch.' }]);
});

it('shows what is left of a cell whose last line was removed', async () => {
  const cell = copyOf('chart');
  cell.outputs = cell.outputs.filter(({ data }) => !(cellMime in (data as Data)));
  const { reply, outputs } = await playAlone(cell);
  expect(reply['status']).toBe('ok');
  expect(textOf(outputs)).toContain('There it is.');
  const half = copyOf('chart');
  half.outputs = half.outputs.slice(0, 1);
  const cut = await playAlone(half);
  expect(textOf(cut.outputs)).toContain('plt.bar');
  expect(textOf(cut.outputs)).not.toContain('There it is.');
});

it.each<readonly [what: string, change: (data: Data) => void, says: string]>([
  [
    'is no last line',
    (data) => (data[cellMime] = { version: 1 }),
    'The cell’s last line is not as Replique writes it (at',
  ],
  [
    'is null',
    (data) => (data[cellMime] = null as never),
    'The cell’s last line is not as Replique writes it.',
  ],
  [
    'is newer',
    (data) => (data[tapeMime]!['version'] = 2),
    'The cell’s last line was written by a newer Replique',
  ],
])('says where the last line %s, and shows the turns', async (_what, change, says) => {
  const cell = copyOf('chart');
  change(dataIn(cell, cellMime)[0]!);
  const ran = await playAlone(cell);
  expect(divergencesIn(ran).map(({ what }) => what)).toEqual([expect.stringContaining(says)]);
  expect(textOf(ran.outputs)).toContain('There it is.');
});

it('says that the result of a helper is gone', async () => {
  const cell = copyOf('chart');
  delete dataIn(cell, turnMime)[0]![tapeMime]!['result'];
  const { outputs } = await playAlone(cell);
  expect(textOf(outputs)).toContain('The result of the helper in turn 1 is not on the tape');
});

it('shows turns that follow each other without a word between, and outputs before the first', async () => {
  const cell = copyOf('chart');
  const last = cell.outputs.find(({ data }) => textOf(data).includes('There it is.'))!;
  const again = structuredClone(last);
  const data = again['data'] as Data;
  data[turnMime]!['text'] = 'And again.';
  Reflect.deleteProperty(data, tapeMime);
  again['metadata'] = { replique: { kind: 'turn', colour: 'red' } };
  const lost = [
    { output_type: 'stream', name: 'stdout', text: 'before' },
    { output_type: 'display_data', data: { 'text/plain': 'before' }, metadata: {} },
    {
      output_type: 'display_data',
      data: { 'text/plain': 'before' },
      metadata: { replique: { kind: 'notice' } },
    },
  ];
  cell.outputs.splice(cell.outputs.indexOf(last) + 1, 0, again);
  const { reply, outputs } = await playAlone({ ...cell, outputs: [...lost, ...cell.outputs] });
  expect(reply['status']).toBe('ok');
  expect(textOf(outputs)).toContain('And again.');
  expect(textOf(outputs)).not.toContain('before');
});

it.each([
  [['> It was ', 'said.'], 'It was said.'],
  ['> It was said.', 'It was said.'],
  [[1, 2], ''],
  [{ a: 1 }, ''],
])('shows a notice whose text is %j', async (text, shown) => {
  const cell = copyOf('chart');
  const notice = {
    output_type: 'display_data',
    data: { 'text/plain': text },
    metadata: { replique: { kind: 'notice' } },
  };
  cell.outputs.splice(1, 0, notice);
  const { outputs } = await playAlone(cell);
  expect(outputs[1]?.['data']).toMatchObject({ 'text/plain': shown });
});

it('takes the notebook that it has verified and shown differences in for the same tape', async () => {
  const cell = copyOf('displays');
  const changed = { ...cell, outputs: structuredClone(cell.outputs) };
  for (const output of changed.outputs) if (output['name'] === 'stdout') output['text'] = 'other\n';
  const first = await playAlone(changed, 'verify');
  expect(divergencesIn(first)).toMatchObject([{ kind: 'result', diff: '@@ -1 +1 @@\n-other\n+kept' }]);
  const second = await playAlone({ ...changed, outputs: first.outputs }, 'verify');
  expect(second.outputs).toEqual(first.outputs);
  const prompt = copyOf('chart');
  const none = { ...prompt, outputs: prompt.outputs.filter(({ data }) => !('image/png' in (data as Data))) };
  const one = await playAlone(none, 'verify');
  expect(divergencesIn(one)).toHaveLength(1);
  expect((await playAlone({ ...none, outputs: one.outputs }, 'verify')).outputs).toEqual(one.outputs);
});

it('verifies a helper in a language that is not installed here by saying so', async () => {
  const cell = copyOf('chart');
  (dataIn(cell, turnMime)[0]![turnMime]!['helper'] as Record<string, unknown>)['lang'] = 'cobol';
  const ran = await playAlone(cell, 'verify');
  expect(divergencesIn(ran).map(({ what }) => what)).toEqual([
    expect.stringContaining('Turn 1 was changed in the notebook'),
    'It fails now, and did not when it was recorded.',
  ]);
  expect(textOf(ran.outputs)).toContain('No kernel for cobol is installed here.');
});

it.each(['waits', 'own'])('ends the verification of a cell that is interrupted: %s', async (id) => {
  const cell = copyOf(id);
  ground.write(notebookOf([cell]));
  const kernel = await ground.start({ tape: 'verify' });
  writeFileSync(join(ground.workspace, 'wait'), '');
  const ran = runCell(kernel, cell.source);
  await vi.waitFor(() => expect(existsSync(join(ground.workspace, 'begun'))).toBe(true), 20_000);
  await kernel.client.ask('interrupt_request', {}, 'control');
  const { reply, outputs } = await ran;
  expect(reply['status']).toBe('error');
  expect(divergencesIn({ reply, outputs }).filter(({ kind }) => kind === 'result')).toEqual([]);
  expect(textOf(outputs)).not.toContain('It is gone.');
  await ground.end(kernel);
});

it('does not run, in a session that verifies, a cell that asks to be replayed', async () => {
  const cell = { ...copyOf('own'), metadata: { replique: { tape: 'replay' } } };
  const { outputs } = await playAlone(cell, 'verify');
  expect(outputs).toEqual(cell.outputs);
  expect(existsSync(join(ground.workspace, 'begun'))).toBe(false);
});

it.each(['replay', 'verify'] as const)(
  'says in %s that code is another one, or not on the tape at all',
  async (mode) => {
    const own = copyOf('fails');
    const edited = await playAlone(own, mode, { ...own, source: '%%python\nprint("so far")' });
    expect(divergencesIn(edited)).toMatchObject([
      { kind: 'code', recorded: 'print("so far")\n1/0', found: 'print("so far")' },
    ]);
    ground.write(notebookOf([]));
    const nowhere = await ground.play(mode, [own, copyOf('chart')]);
    expect(nowhere.map((ran) => divergencesIn(ran)[0]?.kind)).toEqual(['missing', 'missing']);
  },
);

it('finds a prompt behind magics by its text, and names cells with long ones in short', async () => {
  const cell = copyOf('magic');
  delete cell.id;
  untape(cell);
  const ran = await playAlone(cell);
  expect(ran.reply['status']).toBe('ok');
  expect(textOf(ran.outputs)).toContain('Hello!');
  const long = {
    ...copyOf('waits'),
    source: `# Parameters\n${'long_name = 1\n'.repeat(20)}`,
    id: 'long',
    outputs: [],
  };
  ground.write(notebookOf([copyOf('chart'), long, copyOf('waits')]));
  const moved = (await ground.play('replay', [copyOf('chart'), long, copyOf('waits')])).flatMap(
    divergencesIn,
  );
  expect(moved).toMatchObject([
    { found: expect.stringMatching(/^after cell 2 \(# Parameters long_name = 1 .{30,}…\)$/) as string },
  ]);
});

it('counts the differences of a cell', async () => {
  ground.write(notebookOf([copyOf('chart')]));
  const [ran] = await ground.play('verify', [copyOf('chart')], { model: 'other', temperature: 1 });
  expect(ran?.reply['evalue']).toBe('Another model is configured than the one that answered. (and 1 more)');
});
