import { afterAll, beforeAll, expect, it } from 'vitest';
import { divergencesIn, notebookOf, TapeGround, type TapedCell } from '../support/tape.ts';

const helper = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

/** One branch fails, the others come to something else each. */
const replies = [
  ...[1, 2].map((n) => ({ match: 'Add to x', text: helper(`x.append(${n}); print('x is', x)`) })),
  { match: 'Add to x', error: { status: 400, message: 'no' } },
  ...[1, 2].map((n) => ({ match: `x is \\[0, ${n}\\]`, text: `It is ${n}.` })),
  { match: 'And now', text: helper("print('so', len(x))") },
  { match: 'so 2', text: 'Two.' },
];
const cells = [
  { id: 'make', source: '%%python\nx = [0]' },
  { id: 'try', source: '%try 3\nAdd to x.' },
  { id: 'after', source: 'And now?' },
];

let ground: TapeGround;
let recorded: TapedCell[];
beforeAll(async () => {
  ground = new TapeGround(replies);
  recorded = await ground.record(cells);
  ground.script([]);
});
afterAll(() => ground.close());

const outputsOf = (ran: readonly { readonly outputs: unknown }[]): unknown[] =>
  ran.map(({ outputs }) => outputs);

it('branches side by side are replayed to the same outputs, without a model and without Python', async () => {
  expect(JSON.stringify(recorded[1]?.outputs)).toContain('no answer: ProviderError');
  ground.write(notebookOf(recorded));
  const played = await ground.play('replay', recorded, { python: '/nowhere/python' });
  expect(outputsOf(played)).toEqual(outputsOf(recorded));
  expect(played.map(({ reply }) => reply['status'])).toEqual(['ok', 'ok', 'ok']);
});

it('and verified, each with its own memory', async () => {
  ground.write(notebookOf(recorded));
  const played = await ground.play('verify', recorded);
  expect(played.map(divergencesIn)).toEqual([[], [], []]);
  expect(outputsOf(played)).toEqual(outputsOf(recorded));
});

it('and what differs in one of them is found', async () => {
  const other = [{ ...recorded[0], source: '%%python\nx = [7]' }, ...recorded.slice(1)] as TapedCell[];
  ground.write(notebookOf(other));
  const played = await ground.play('verify', other);
  expect(played.map((ran) => divergencesIn(ran).length > 0)).toEqual([false, true, false]);
});
