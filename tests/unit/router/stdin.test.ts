import { describe, expect, test } from 'vitest';
import { TestClient } from './client.ts';
import { startSession } from './harness.ts';
import type { Session } from './harness.ts';

async function question({ client }: Session, code = 'ask name?') {
  const id = client.execute(code, { allow_stdin: true });
  const request = await client.message(
    ({ channel, message }) => channel === 'stdin' && message.parent_header['msg_id'] === id,
  );
  return { id, request };
}

describe('a cell that asks', () => {
  test('gets the answer of the client that runs it', async () => {
    const session = startSession();
    const { client } = session;
    const { id, request } = await question(session);
    expect(request.header.msg_type).toBe('input_request');
    expect(request.content).toEqual({ prompt: 'name?', password: false });
    const sent = client.received.find(({ channel }) => channel === 'stdin');
    expect(sent?.envelope.identities.map(String)).toEqual(['client-1']);
    client.send('input_reply', { value: 'Ada' }, 'stdin', request.header);
    expect((await client.done(id)).content['status']).toBe('ok');
    expect((await client.published('stream')).content['text']).toBe('got Ada');
  });

  test('for a secret says so', async () => {
    const session = startSession();
    const { id, request } = await question(session, 'secret key?');
    expect(request.content).toEqual({ prompt: 'key?', password: true });
    session.client.send('input_reply', { value: '' }, 'stdin');
    expect((await session.client.done(id)).content['status']).toBe('ok');
  });

  test('ignores stale, foreign and malformed answers', async () => {
    const session = startSession();
    const { client, channels, log } = session;
    client.send('input_reply', { value: 'too early' }, 'stdin');
    const first = await question(session);
    client.send('input_reply', { value: 'one' }, 'stdin', first.request.header);
    await client.done(first.id);
    const second = await question(session);
    client.send('input_reply', { value: 'stale' }, 'stdin', first.request.header);
    client.send('input_reply', { value: 7 }, 'stdin', second.request.header);
    client.send('execute_request', { code: 'print x', value: 'x' }, 'stdin', second.request.header);
    new TestClient(channels, [Buffer.from('other')]).send('input_reply', { value: 'foreign' }, 'stdin');
    const retaken = new TestClient(channels);
    retaken.send('input_reply', { value: 'two' }, 'stdin', second.request.header);
    await retaken.done(second.id);
    const texts = retaken.received.map(({ message }) => message.content['text']).filter(Boolean);
    expect(texts).toEqual(['got two']);
    expect(log).toHaveLength(5);
  });

  test('and ends before it is answered, as one whose worker dies, keeps no later one from asking', async () => {
    const session = startSession();
    const { client } = session;
    const left = await question(session, 'leave name?');
    expect((await client.done(left.id)).content['status']).toBe('error');
    const { id, request } = await question(session);
    client.send('input_reply', { value: 'Ada' }, 'stdin', request.header);
    expect((await client.done(id)).content['status']).toBe('ok');
  });

  test('sees the end of the input', async () => {
    const session = startSession();
    const { id } = await question(session);
    session.client.send('input_reply', { value: '\x04' }, 'stdin');
    expect((await session.client.done(id)).content).toMatchObject({ status: 'error', ename: 'EOFError' });
  });

  test('ends with an interrupt', async () => {
    const session = startSession();
    const { id } = await question(session);
    session.router.interrupt();
    expect((await session.client.done(id)).content).toMatchObject({ ename: 'KeyboardInterrupt' });
  });

  test('fails where the client does not allow it', async () => {
    const { client } = startSession();
    const reply = await client.done(client.execute('ask name?', { allow_stdin: false }));
    expect(reply.content).toMatchObject({ ename: 'StdinNotImplementedError' });
  });

  test('can have one open question, and none when it was interrupted', async () => {
    const session = startSession();
    const { id, request } = await question(session);
    const [cell] = session.interpreter.cells;
    await expect(cell!.onInput!('again?', false)).rejects.toThrow('Another question');
    session.client.send('input_reply', { value: 'x' }, 'stdin', request.header);
    await session.client.done(id);

    const waiting = session.client.execute('wait', { allow_stdin: true });
    await session.client.message(({ message }) => message.content['text'] === 'waiting');
    session.router.interrupt();
    await session.client.done(waiting);
    await expect(session.interpreter.cells[1]!.onInput!('late?', false)).rejects.toThrow('Interrupted');
  });
});
