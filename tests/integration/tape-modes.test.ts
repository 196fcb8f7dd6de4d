import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatScriptPeer } from '../support/chat-script-peer.ts';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import { divergencesIn, notebookOf, runCell, TapeGround, type TapedCell } from '../support/tape.ts';

/** How a person chooses what is played, and what an editor is told meanwhile. */

let ground: TapeGround;
let recorded: TapedCell[];
beforeAll(async () => {
  ground = new TapeGround([{ text: 'Hello!' }]);
  recorded = await ground.record([
    { id: 'hello', source: 'Say hello.' },
    { id: 'code', source: '%%python\nname = "Ann"\nprint(name)' },
  ]);
  ground.write(notebookOf(recorded));
  ground.script([]);
});
afterAll(() => ground.close());

it('is chosen by %tape, which names the modes, says what one means, and what the tape has', async () => {
  const kernel = await ground.start();
  const shown = async (cell: string): Promise<string> => JSON.stringify(await runCell(kernel, cell));
  const { content } = await kernel.client.ask('complete_request', { code: '%tape ', cursor_pos: 6 });
  expect(content['matches']).toEqual(['record', 'replay', 'verify', 'live']);
  const more = await kernel.client.ask('complete_request', { code: '%tape record l', cursor_pos: 14 });
  expect(more.content['matches']).toEqual([]);
  expect(await shown('%tape rewind')).toContain(
    'There is no mode rewind. Write one of record, replay, verify, live.',
  );
  expect(await shown('%tape')).toContain('The mode is record: each turn is kept in its output.');
  const chosen = await shown('%tape verify');
  expect(chosen).toContain('The mode is verify: turns come from the tape; code runs');
  expect(chosen).toContain('1 turns of 1 prompts, and 1 cells of code.');
  for (const { source, outputs } of recorded)
    expect((await runCell(kernel, source)).outputs).toEqual(outputs);
  ground.write(notebookOf([]));
  expect(await shown('%tape replay')).toContain('0 turns of 0 prompts');
  ground.write(notebookOf(recorded));
  await ground.end(kernel);
});

it('says where no notebook is open and none is named', async () => {
  const kernel = await KernelUnderTest.start({ config: { tape: 'replay' } });
  expect((await kernel.run('%tape')).text).toContain('The mode is replay');
  const { reply } = await kernel.run('Say hello.');
  expect(reply).toMatchObject({ status: 'error', ename: 'TapeUnusable' });
  expect((await kernel.run('?')).reply['status']).toBe('ok');
  expect((await kernel.run('Say hello.', { silent: true })).reply['status']).toBe('ok');
  await kernel.end();
});

it('answers an editor without Python while a tape is replayed, and with it once code has run', async () => {
  const kernel = await ground.start({ tape: 'record', python: '/nowhere/python' });
  await runCell(kernel, '%tape replay');
  for (const { source } of recorded) await runCell(kernel, source);
  const ask = async (type: string, code: string): Promise<unknown> =>
    (await kernel.client.ask(type, { code, cursor_pos: code.length, detail_level: 0 })).content;
  expect(await ask('complete_request', '%%python\nna')).toMatchObject({ matches: [], status: 'ok' });
  expect(await ask('complete_request', 'What is in @na')).toMatchObject({ status: 'ok' });
  expect(await ask('inspect_request', '%%python\nname')).toMatchObject({ found: false });
  expect(await ask('inspect_request', 'What is in @name')).toMatchObject({ found: false });
  expect(await ask('is_complete_request', '%%python\nif name:')).toMatchObject({ status: 'complete' });
  const silent = kernel.client.execute('%%python\nname', { silent: true });
  expect((await kernel.client.done(silent)).content['status']).toBe('ok');
  await ground.end(kernel);
  const live = await ground.start();
  await runCell(live, recorded[1]!.source);
  await runCell(live, '%tape replay');
  const { content } = await live.client.ask('complete_request', {
    code: '%%python\nname.upp',
    cursor_pos: 17,
  });
  expect(content['matches']).toEqual(['upper']);
  await ground.end(live);
});

it('gives a model that goes on after a replay the pictures that were given then', async () => {
  const plot = 'import matplotlib.pyplot as plt\nplt.bar([1], [2])\nplt.show()';
  const peer = await chatScriptPeer(
    [{ text: helper(plot) }, { text: 'A bar.' }, { text: 'Still a bar.' }],
    100_000,
  );
  const endpoint = { provider: 'openai', model: 'm', openaiBaseUrl: peer.url, openaiApiKey: 'k' } as const;
  const seen = new TapeGround([], { ...endpoint, vision: 'on' });
  const cells = await seen.record([{ id: 'plot', source: 'Draw a bar.' }]);
  seen.write(notebookOf(cells));
  const [verified] = await seen.play('verify', cells);
  expect(divergencesIn(verified!)).toEqual([]);
  expect(verified?.outputs).toEqual(cells[0]?.outputs);
  const calls = peer.images.length;
  const kernel = await seen.start();
  await runCell(kernel, '%tape replay');
  await runCell(kernel, 'Draw a bar.');
  expect(peer.images).toHaveLength(calls);
  await runCell(kernel, '%tape record');
  await runCell(kernel, 'What did you draw?');
  expect(peer.images.at(-1)).toEqual(peer.images[calls - 1]);
  expect(peer.images.at(-1)).toHaveLength(1);
  await seen.close();
  await peer.close();
});
