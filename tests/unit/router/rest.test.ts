import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeFrames } from '../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';
import { startRouter } from '../../../kernel/router/router.ts';
import { memoryPair } from '../../../kernel/wire/memory-transport.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { TestClient } from './client.ts';
import { standing, startSession } from './harness.ts';
import { ScriptedInterpreter, plainEmitter } from './scripted-interpreter.ts';

const ports = { shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 };

test('connect_request is told the ports', async () => {
  const { client } = startSession({ ports });
  expect((await client.ask('connect_request')).content).toEqual({ status: 'ok', ...ports });
});

test.each(['shell', 'control'] as const)(
  'debug_request on %s is told that there is no debugger, as a response that clients can read',
  async (channel) => {
    const { client } = startSession();
    const ask = (command: string) =>
      client.ask('debug_request', { type: 'request', seq: 7, command, arguments: {} }, channel);
    const info = await ask('debugInfo');
    expect(info.content).toMatchObject({
      ...{ type: 'response', request_seq: 7, command: 'debugInfo', success: false },
      message: 'Replique has no debugger.',
      body: { isStarted: false, breakpoints: [], stoppedThreads: [] },
    });
    const { content } = await ask('initialize');
    expect(content).toMatchObject({ request_seq: 7, command: 'initialize', success: false, body: {} });
    expect((await client.ask('debug_request', { seq: 'x' }, channel)).content['ename']).toBe(
      'MalformedRequest',
    );
  },
);

test('a message that is sent again runs nothing, on whichever channel', async () => {
  const key = randomUUID();
  const log: string[] = [];
  const pair = memoryPair(key, (line) => log.push(line));
  const client = new TestClient(pair.client);
  const interpreter = new ScriptedInterpreter();
  startRouter({
    transport: pair.kernel,
    session: standing({ interpreter, createEmitter: plainEmitter, comms: new Comms([]) }),
    ...{ version: '1', sessionId: 'session', onShutdown: () => undefined },
    log: (line) => log.push(line),
  });
  const message = makeMessage('execute_request', 'someone', { code: 'print once' });
  const frames = encodeFrames({ identities: [Buffer.from('client-1')], message }, new Signer(key));
  for (const channel of ['shell', 'shell', 'control'] as const) pair.client.sendFrames(channel, frames);
  await client.done(message.header.msg_id);
  await client.ask('kernel_info_request');
  await client.ask('kernel_info_request', {}, 'control');
  expect(interpreter.cells).toHaveLength(1);
  expect(log).toHaveLength(2);
  expect(log[0]).toContain('replayed');
});
