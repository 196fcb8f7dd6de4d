import { describe, expect, test } from 'vitest';
import type { Session } from '../../../kernel/router/contract.ts';
import { startSession } from './harness.ts';

/** A session that can't begin: what is asked of it is answered all the same. */

function failing(): ReturnType<typeof startSession> {
  const session = Promise.reject<Session>(new Error('the disk is gone'));
  session.catch(() => undefined);
  return startSession({ session: { ready: () => session, begun: () => session } });
}

describe('a session that can’t begin', () => {
  test('says so in each cell, where the reader sees it', async () => {
    const { client } = failing();
    for (let i = 0; i < 2; i += 1) {
      const id = client.execute('print a');
      expect((await client.done(id)).content).toMatchObject({ status: 'error', evalue: 'the disk is gone' });
      expect(client.story(id)).toEqual(['busy', 'error', 'execute_reply', 'idle']);
    }
  });

  test('does not hold up what follows a widget’s message, and can be shut down', async () => {
    const { client, router, shutdowns } = failing();
    await client.idle(client.send('comm_msg', { comm_id: 'c', data: {} }));
    expect((await client.ask('execute_request', { code: 'print a' })).content['status']).toBe('error');
    expect((await client.ask('shutdown_request', { restart: false }, 'control')).content['status']).toBe(
      'ok',
    );
    expect(shutdowns).toEqual([false]);
    await router.close();
  });
});
