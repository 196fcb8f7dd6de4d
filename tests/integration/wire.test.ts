import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Dealer, Reply, Request, XSubscriber } from 'zeromq';
import type { Socket } from 'zeromq';
import { socketAddress } from '../../kernel/protocol/addresses.ts';
import type { ConnectionInfo } from '../../kernel/protocol/connection-file.ts';
import { encodeFrames } from '../../kernel/protocol/frames.ts';
import { makeMessage } from '../../kernel/protocol/header.ts';
import { Signer } from '../../kernel/protocol/signer.ts';
import { Comms } from '../../kernel/output/widgets/comms.ts';
import { startRouter } from '../../kernel/router/router.ts';
import type { RunningRouter } from '../../kernel/router/router.ts';
import type { Transport } from '../../kernel/wire/contract.ts';
import { closeSockets, openSockets } from '../../kernel/wire/sockets.ts';
import { zmqTransport } from '../../kernel/wire/zmq-transport.ts';
import { TestClient } from '../unit/router/client.ts';
import { standing } from '../unit/router/harness.ts';
import { ScriptedInterpreter, ScriptedKeeper, plainEmitter } from '../unit/router/scripted-interpreter.ts';
import { ZmqClient, makeConnection } from './wire-client.ts';

interface Kernel {
  readonly connection: ConnectionInfo;
  readonly transport: Transport;
  readonly router: RunningRouter;
  readonly interpreter: ScriptedInterpreter;
  readonly log: string[];
  readonly channels: ZmqClient;
  readonly client: TestClient;
  readonly shutdowns: boolean[];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startKernel(kind: 'tcp' | 'ipc' = 'tcp'): Promise<Kernel> {
  const { connection, remove } = await makeConnection(kind);
  cleanups.push(remove);
  const log: string[] = [];
  const shutdowns: boolean[] = [];
  const interpreter = new ScriptedInterpreter();
  const common = { sessionId: 'session', log: (line: string) => void log.push(line) };
  const transport = zmqTransport(await openSockets(connection), { connection, ...common });
  cleanups.push(() => transport.close());
  const keeper = new ScriptedKeeper();
  const router = startRouter({
    transport,
    session: standing({ interpreter, createEmitter: plainEmitter, comms: new Comms([]), keeper }),
    version: '1.2.3',
    onShutdown: () => shutdowns.push(keeper.ends[0] === 'restart'),
    ...common,
  });
  cleanups.push(() => router.close());
  const channels = new ZmqClient(connection);
  cleanups.push(() => channels.close());
  const client = new TestClient(channels, []);
  const welcome = await client.published('iopub_welcome');
  expect(welcome.content).toEqual({ subscription: '' });
  return { connection, transport, router, interpreter, log, channels, client, shutdowns };
}

function open<S extends Socket>(socket: S): S {
  cleanups.push(() => socket.close());
  return socket;
}

async function beats(connection: ConnectionInfo): Promise<string> {
  const heart = open(new Request({ linger: 0 }));
  heart.connect(socketAddress(connection, 'hb'));
  await heart.send('ping');
  const [beat] = await heart.receive();
  return String(beat);
}

describe.each(['tcp', 'ipc'] as const)('a client over %s', (kind) => {
  test('runs cells, answers their questions, interrupts them, and shuts the kernel down', async () => {
    const { client, connection, shutdowns, interpreter } = await startKernel(kind);
    expect((await client.ask('kernel_info_request')).content['implementation']).toBe('replique');
    expect((await client.ask('kernel_info_request', {}, 'control')).content['status']).toBe('ok');
    expect(await beats(connection)).toBe('ping');

    expect((await client.done(client.execute('print hello'))).content['status']).toBe('ok');
    expect((await client.published('stream')).content['text']).toBe('hello');

    const asking = client.execute('ask name?', { allow_stdin: true });
    const question = await client.message(({ channel }) => channel === 'stdin');
    client.send('input_reply', { value: 'Ada' }, 'stdin', question.header);
    expect((await client.done(asking)).content['status']).toBe('ok');
    await client.message(({ message }) => message.content['text'] === 'got Ada');

    const running = client.execute('wait');
    const waiting = client.execute('print never');
    await client.message(({ message }) => message.content['text'] === 'waiting');
    await client.ask('kernel_info_request');
    await client.ask('interrupt_request', {}, 'control');
    expect((await client.done(running)).content['ename']).toBe('Interrupted');
    expect((await client.done(waiting)).content['status']).toBe('aborted');

    await client.ask('shutdown_request', { restart: false }, 'control');
    await client.published('shutdown_reply');
    expect({ shutdowns, closed: interpreter.closed }).toEqual({ shutdowns: [false], closed: 1 });
  });
});

test('the files of sockets are gone when it has closed', async () => {
  const { connection, transport, channels } = await startKernel('ipc');
  const files = (): readonly string[] => readdirSync(dirname(connection.ip));
  expect(files()).toHaveLength(5);
  await channels.close();
  await transport.close();
  expect(files()).toEqual([]);
});

test('cells sent together after one that fails are aborted', async () => {
  const { client, interpreter } = await startKernel();
  const [failing, ...rest] = ['hold fail', 'print a', 'print b', 'print c'].map((code) =>
    client.execute(code),
  );
  await client.published('stream');
  await client.ask('kernel_info_request');
  interpreter.release();
  expect((await client.done(failing!)).content['status']).toBe('error');
  for (const id of rest) {
    expect((await client.done(id)).content).toEqual({ status: 'aborted', execution_count: 1 });
  }
  expect((await client.done(client.execute('print d'))).content['status']).toBe('ok');
});

describe('garbage', () => {
  test('on every socket leaves the kernel alive and runs nothing', async () => {
    const { client, channels, connection, interpreter, log } = await startKernel();
    const message = makeMessage('execute_request', 'evil', { code: 'print evil' });
    const forged = encodeFrames({ identities: [], message }, new Signer('another key'));
    const unsigned = encodeFrames({ identities: [], message }, new Signer(''));
    const garbage = [
      [Buffer.alloc(0)],
      [randomBytes(5000)],
      Array.from({ length: 2000 }, () => randomBytes(1)),
    ];
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      for (const frames of [...garbage, forged, unsigned]) channels.sendFrames(channel, frames);
    }
    const subscriber = open(new XSubscriber({ linger: 0 }));
    subscriber.connect(socketAddress(connection, 'iopub'));
    await subscriber.send([randomBytes(2000)]);
    await subscriber.send([Buffer.alloc(0), Buffer.from([1])]);
    const heart = open(new Dealer({ linger: 0 }));
    heart.connect(socketAddress(connection, 'hb'));
    await heart.send([randomBytes(20)]);
    await heart.send([Buffer.alloc(0), randomBytes(10_000)]);
    for (const name of ['shell', 'control', 'stdin', 'iopub', 'hb'] as const) {
      const socket = connect(connection[`${name}_port`], '127.0.0.1');
      socket.on('error', () => undefined);
      cleanups.push(() => socket.destroy());
      await once(socket, 'connect');
      socket.end(randomBytes(4096));
    }

    expect((await client.ask('kernel_info_request')).content['status']).toBe('ok');
    expect((await client.ask('kernel_info_request', {}, 'control')).content['status']).toBe('ok');
    const asking = client.execute('ask name?', { allow_stdin: true });
    await client.message(({ channel }) => channel === 'stdin');
    client.send('input_reply', { value: 'Ada' }, 'stdin');
    expect((await client.done(asking)).content['status']).toBe('ok');
    expect(await beats(connection)).toBe('ping');
    expect(interpreter.cells.map((cell) => cell.code)).toEqual(['ask name?']);
    for (const channel of ['shell', 'control', 'stdin'])
      expect(log.join()).toContain(`message on ${channel}`);
    expect(log.join()).not.toContain('evil');
  });

  test('a message sent again runs once', async () => {
    const { client, channels, connection, interpreter, log } = await startKernel();
    const message = makeMessage('execute_request', 'test', { code: 'print once' });
    const frames = encodeFrames({ identities: [], message }, new Signer(connection.key));
    channels.sendFrames('shell', frames);
    channels.sendFrames('shell', frames);
    channels.sendFrames('control', frames);
    await client.ask('kernel_info_request');
    await client.ask('kernel_info_request', {}, 'control');
    await client.done(message.header.msg_id);
    expect(interpreter.cells).toHaveLength(1);
    expect(log).toHaveLength(2);
  });
});

test('each listener is welcomed with the topic it asked for', async () => {
  const { connection } = await startKernel();
  for (const topic of ['', 'kernel.', 'kernel.']) {
    const subscriber = open(new XSubscriber({ linger: 0 }));
    subscriber.connect(socketAddress(connection, 'iopub'));
    await subscriber.send([Buffer.concat([Buffer.from([1]), Buffer.from(topic)])]);
    const [received, , , header, , , content] = await subscriber.receive();
    expect(String(received)).toBe(topic);
    expect(JSON.parse(String(header))).toMatchObject({ msg_type: 'iopub_welcome' });
    expect(JSON.parse(String(content))).toEqual({ subscription: topic });
  }
});

test('the first listener is welcomed before all else, and then hears what came before it', async () => {
  const { connection, remove } = await makeConnection('tcp');
  cleanups.push(remove);
  const transport = zmqTransport(await openSockets(connection), {
    ...{ connection, sessionId: 'session', log: () => undefined },
  });
  cleanups.push(() => transport.close());
  const publish = (index: number) => {
    transport.publish(makeMessage('stream', 'session', { name: 'stdout', text: String(index) }));
  };
  publish(0);
  const subscriber = open(new XSubscriber({ linger: 0 }));
  subscriber.connect(socketAddress(connection, 'iopub'));
  await subscriber.send([Buffer.from([1])]);
  const heard: string[] = [];
  const listening = (async () => {
    while (heard.length < 3) {
      const [, , , header, , , content] = await subscriber.receive();
      const { msg_type } = JSON.parse(String(header)) as { msg_type: string };
      const { text } = JSON.parse(String(content)) as { text?: string };
      heard.push(text ?? msg_type);
    }
  })();
  for (let index = 1; heard.length < 3; index += 1) {
    publish(index);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await listening;
  expect(heard).toEqual(['iopub_welcome', '0', '1']);
});

test('what was sent before closing still arrives, and nothing after', async () => {
  const { client, transport } = await startKernel();
  for (let index = 0; index < 2000; index += 1) {
    transport.publish(makeMessage('stream', 'session', { name: 'stdout', text: String(index) }));
  }
  const closing = transport.close();
  transport.publish(makeMessage('stream', 'session', { text: 'too late' }));
  transport.send('shell', { identities: [], message: makeMessage('too_late', 'session', {}) });
  await closing;
  await transport.close();
  await client.message(({ message }) => message.content['text'] === '1999');
  const texts = client.received
    .map(({ message }) => message.content['text'])
    .filter((text) => text !== undefined);
  expect(texts).toEqual(Array.from({ length: 2000 }, (_, index) => String(index)));
});

describe('addresses that can’t be used', () => {
  test('a port in use is an error that names it, and leaves no port taken', async () => {
    const { connection, remove } = await makeConnection('tcp');
    cleanups.push(remove);
    const taken = open(new Reply({ linger: 0 }));
    await taken.bind(socketAddress(connection, 'hb'));
    await expect(openSockets(connection)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `The address ${socketAddress(connection, 'hb')} is in use.`,
    });
    await taken.unbind(socketAddress(connection, 'hb'));
    // libzmq gives a port back a moment after it said so.
    closeSockets(await vi.waitFor(() => openSockets(connection), { timeout: 5000, interval: 20 }));
  });

  test('an address that is not this machine’s is an error that names it', async () => {
    const { connection, remove } = await makeConnection('tcp');
    cleanups.push(remove);
    const elsewhere = { ...connection, ip: '192.0.2.1' };
    await expect(openSockets(elsewhere)).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });
});
