import { describe, expect, test } from 'vitest';
import type { OpenComms } from '../../../kernel/output/contract.ts';
import { startSession } from './harness.ts';

const comms: OpenComms = {
  list: (target) => (target === 'other' ? {} : { known: { target_name: 'jupyter.widget' } }),
  admit: ({ comm }) => {
    if (comm === 'bug') throw new RangeError('a bug in the comms');
    return comm !== 'refused';
  },
};

describe('comms', () => {
  test('what a client says is handed on, and what the widget shows belongs to the message', async () => {
    const { client, interpreter } = startSession({ comms });
    const id = client.send('comm_msg', { comm_id: 'known', data: { method: 'update' } });
    await client.idle(id);
    expect(client.story(id)).toEqual(['busy', 'stream', 'idle']);
    expect(interpreter.delivered[0]?.comm).toMatchObject({ event: 'msg', comm: 'known' });
  });

  test('take their turn among the cells', async () => {
    const { client, interpreter } = startSession({ comms });
    const cell = client.execute('hold');
    await client.published('stream');
    const id = client.send('comm_msg', { comm_id: 'known', data: {} });
    expect(interpreter.delivered).toEqual([]);
    interpreter.release();
    await client.idle(id);
    expect(client.story(cell).at(-1)).toBe('idle');
    expect(interpreter.delivered).toHaveLength(1);
  });

  test.each([
    ['that is malformed', { comm_id: '' }, 'Refused a malformed comm_msg'],
    ['that is not open', { comm_id: 'refused' }, 'Refused a comm_msg to a comm that is not open'],
    ['whose widget fails', { comm_id: 'broken' }, 'A widget could not be told'],
    ['that meets a bug', { comm_id: 'bug' }, 'A widget could not be told: RangeError'],
  ])('a message %s ends, too, and the log says why', async (_, content, logged) => {
    const { client, log } = startSession({ comms });
    const id = client.send('comm_msg', content);
    await client.idle(id);
    expect(client.story(id)).toEqual(['busy', 'idle']);
    expect(log.join()).toContain(logged);
    expect((await client.done(client.execute('print after'))).content['status']).toBe('ok');
  });

  test('of a session that could not begin end, too, and cells after them say why', async () => {
    const { client } = startSession({
      session: { ready: () => Promise.reject(new Error('no session today')), begun: () => undefined },
    });
    const id = client.send('comm_msg', { comm_id: 'known', data: {} });
    await client.idle(id);
    const { content } = await client.done(client.execute('x'));
    expect(content).toMatchObject({ status: 'error', evalue: 'no session today' });
  });

  test('that wait when the cell is interrupted end without being handed on', async () => {
    const { client, interpreter, router } = startSession({ comms });
    client.execute('wait');
    await client.published('stream');
    const id = client.send('comm_msg', { comm_id: 'known', data: {} });
    await client.ask('kernel_info_request', {}, 'control');
    router.interrupt();
    await client.idle(id);
    expect(interpreter.delivered).toEqual([]);
  });

  test('that a client opens are closed, those it closes are handed on, and the open ones are listed', async () => {
    const { client, interpreter } = startSession({ comms });
    const opening = client.send('comm_open', { comm_id: 'mine', target_name: 'x', data: {} });
    await client.idle(opening);
    expect(client.story(opening)).toEqual(['busy', 'comm_close', 'idle']);
    await client.idle(client.send('comm_close', { comm_id: 'known', data: {} }));
    expect(interpreter.delivered[0]?.comm).toMatchObject({ event: 'close', comm: 'known' });
    const all = await client.ask('comm_info_request');
    expect(all.content).toEqual({ status: 'ok', comms: { known: { target_name: 'jupyter.widget' } } });
    const none = await client.ask('comm_info_request', { target_name: 'other' });
    expect(none.content).toEqual({ status: 'ok', comms: {} });
  });
});
