import { describe, expect, test, vi } from 'vitest';
import { ScriptedInterpreter } from './scripted-interpreter.ts';
import { brief } from './client.ts';
import { startSession } from './harness.ts';

describe('an interrupt', () => {
  test('on control stops the running cell and aborts those that wait', async () => {
    const { client, interpreter } = startSession();
    const running = client.execute('wait');
    const waiting = client.execute('print a');
    await client.published('stream');
    const reply = await client.ask('interrupt_request', {}, 'control');
    expect(reply.content).toEqual({ status: 'ok' });
    expect((await client.done(running)).content).toMatchObject({ status: 'error', ename: 'Interrupted' });
    expect((await client.done(waiting)).content).toEqual({ status: 'aborted', execution_count: 1 });
    expect(interpreter.cells).toHaveLength(1);
    expect((await client.done(client.execute('print b'))).content['status']).toBe('ok');
  });

  test('aborts cells that wait even where the running one does not stop on errors', async () => {
    const { client, router } = startSession();
    const running = client.execute('wait', { stop_on_error: false });
    const waiting = client.execute('print a');
    await client.published('stream');
    await client.ask('kernel_info_request');
    router.interrupt();
    expect((await client.done(running)).content['status']).toBe('error');
    expect((await client.done(waiting)).content['status']).toBe('aborted');
  });

  test('without a running cell changes nothing', async () => {
    const { client, router } = startSession();
    router.interrupt();
    expect((await client.ask('interrupt_request', {}, 'control')).content).toEqual({ status: 'ok' });
    expect((await client.done(client.execute('print a'))).content['status']).toBe('ok');
  });
});

describe('requests beside a running cell', () => {
  test('are answered at once, and the kernel is seen busy with the cell after them', async () => {
    const { client, interpreter } = startSession();
    const cell = client.execute('hold');
    await client.published('stream');
    for (const channel of ['shell', 'control'] as const) {
      const id = client.send('kernel_info_request', {}, channel);
      expect((await client.done(id)).content['status']).toBe('ok');
      await client.message(
        ({ message }) => message === client.received.at(-1)?.message && brief(message) === 'busy',
      );
      expect(client.received.at(-1)?.message.parent_header['msg_id']).toBe(cell);
    }
    interpreter.release();
    await client.done(cell);
    expect(brief(client.received.at(-1)!.message)).toBe('idle');
  });
});

describe('a shutdown', () => {
  test.each(['control', 'shell'] as const)(
    'on %s ends the session, replies, and is told on iopub',
    async (channel) => {
      const { client, interpreter, shutdowns } = startSession();
      const running = client.execute('wait');
      await client.published('stream');
      const id = client.send('shutdown_request', { restart: true }, channel);
      expect((await client.done(id)).content).toEqual({ status: 'ok', restart: true });
      expect((await client.published('shutdown_reply')).parent_header['msg_id']).toBe(id);
      expect((await client.done(running)).content).toMatchObject({ ename: 'Interrupted' });
      expect(interpreter.closed).toBe(1);
      expect(shutdowns).toEqual([true]);
      expect((await client.done(client.execute('print a'))).content).toEqual({
        status: 'aborted',
        execution_count: 1,
      });
    },
  );

  test('is noted before cells have ended, which may take longer than the client waits', async () => {
    const { client, interpreter, ends } = startSession();
    client.execute('hold');
    await client.published('stream');
    const id = client.send('shutdown_request', { restart: true }, 'control');
    await vi.waitFor(() => expect(ends).toEqual(['restart']), 20_000);
    expect(client.story(id)).toEqual(['busy']);
    interpreter.release();
    await client.done(id);
  });

  test('asked for twice is told once', async () => {
    const { client, shutdowns } = startSession();
    await client.ask('shutdown_request', { restart: false }, 'control');
    await client.ask('shutdown_request', { restart: true }, 'control');
    expect(shutdowns).toEqual([false]);
  });

  test('is answered although the interpreter fails to close', async () => {
    class Failing extends ScriptedInterpreter {
      override close(): Promise<void> {
        return Promise.reject(new Error('stuck'));
      }
    }
    const { client, log, shutdowns } = startSession({ interpreter: new Failing() });
    expect((await client.ask('shutdown_request', {}, 'control')).content).toEqual({
      status: 'ok',
      restart: false,
    });
    expect(log.join()).toContain('stuck');
    expect(shutdowns).toEqual([false]);
  });

  test('is answered although a cell never ends', async () => {
    const { client, log, shutdowns } = startSession();
    client.execute('hold');
    await client.published('stream');
    await client.ask('shutdown_request', {}, 'control');
    expect(log.join()).toContain('did not end within');
    expect(shutdowns).toEqual([false]);
  });
});

test('a closed router stops its cell and takes no more requests', async () => {
  const { client, interpreter, router } = startSession();
  const running = client.execute('wait');
  await client.published('stream');
  await router.close();
  expect((await client.done(running)).content['status']).toBe('error');
  const late = [client.execute('print a'), client.send('kernel_info_request')];
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(interpreter.cells).toHaveLength(1);
  expect(late.map((id) => client.story(id))).toEqual([[], []]);
});
