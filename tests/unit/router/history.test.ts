import { expect, test } from 'vitest';
import { History } from '../../../kernel/history/history.ts';
import { startSession } from './harness.ts';
import { ScriptedInterpreter } from './scripted-interpreter.ts';
import type { CellRequest } from '../../../kernel/interpreter/contract.ts';
import type { CellOutcome } from '../../../kernel/loop/events.ts';
import { createEmitterFactory } from '../../../kernel/output/emitter.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { summary } from '../output/recorder.ts';

/** `answer TEXT` is a prompt that is answered so, `result TEXT` code that comes to it. */
class Answering extends ScriptedInterpreter {
  override execute(request: CellRequest): Promise<CellOutcome> {
    const [command, text = ''] = request.code.split(' ');
    if (command === 'answer') request.emit({ type: 'stop', summary: summary(), answer: text });
    if (command === 'result') {
      const output = { kind: 'result', data: { 'text/plain': text }, metadata: {} } as const;
      request.emit({ type: 'output', output });
    }
    return super.execute(request);
  }
}

function start() {
  const history = new History({
    file: undefined,
    cleanSource: String,
    cleanOutput: String,
    log: expect.unreachable,
  });
  const comms = new Comms([]);
  const createEmitter = createEmitterFactory({ secrets: [], comms, onRefused: () => expect.unreachable() });
  const session = startSession({ history, interpreter: new Answering(), createEmitter });
  const found = async (content: object = {}): Promise<unknown> =>
    (await session.client.ask('history_request', content)).content['history'];
  return { ...session, found };
}

test('cells are in it as soon as they run, those that fail with them', async () => {
  const { client, found } = start();
  await client.done(client.execute('fail'));
  const id = client.execute('wait');
  await client.published('stream');
  expect(await found()).toEqual([
    [1, 1, 'fail'],
    [1, 2, 'wait'],
  ]);
  await client.ask('interrupt_request', {}, 'control');
  await client.done(id);
});

test('cells that are silent, or not to be stored, are not', async () => {
  const { client, found } = start();
  const unstored = [{ silent: true }, { store_history: false }, { silent: true, store_history: true }];
  await client.done(client.execute('answer yes'));
  for (const content of unstored) await client.done(client.execute('answer secret', content));
  expect(await found({ output: true })).toEqual([[1, 1, ['answer yes', 'yes']]]);
});

test('what a cell came to is in it, of prompts and of code', async () => {
  const { client, found } = start();
  for (const code of ['answer forty-two', 'result 42', 'print 43']) await client.done(client.execute(code));
  const request = { hist_access_type: 'range', session: 0, start: 1, stop: 4, output: true, raw: false };
  expect(await found(request)).toEqual([
    [1, 1, ['answer forty-two', 'forty-two']],
    [1, 2, ['result 42', '42']],
    [1, 3, ['print 43', null]],
  ]);
});

test.each([
  { hist_access_type: 'all' },
  { n: -1 },
  { n: 1.5 },
  { hist_access_type: 'search', pattern: '*'.repeat(2000) },
  { hist_access_type: 'range', session: '0' },
  { output: 'yes' },
])('%o is refused', async (content) => {
  const { client } = start();
  expect((await client.ask('history_request', content)).content).toMatchObject({ ename: 'MalformedRequest' });
});
