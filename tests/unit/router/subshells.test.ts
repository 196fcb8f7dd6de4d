import { describe, expect, test } from 'vitest';
import type { RunningRouter } from '../../../kernel/router/router.ts';
import { brief, type TestClient } from './client.ts';
import { startSession } from './harness.ts';

/** Jupyter Enhancement Proposal 91. */

async function create(client: TestClient): Promise<string> {
  const { content } = await client.ask('create_subshell_request', {}, 'control');
  expect(content['status']).toBe('ok');
  return String(content['subshell_id']);
}
const run = (client: TestClient, subshell: string, code: string): string =>
  client.sendTo(subshell, 'execute_request', { code });

describe('subshells', () => {
  test('are announced, made, listed and deleted', async () => {
    const { client } = startSession();
    const info = await client.ask('kernel_info_request');
    expect(info.content['supported_features']).toContain('kernel subshells');
    const [one, two] = [await create(client), await create(client)];
    const listed = async (): Promise<unknown> =>
      (await client.ask('list_subshell_request', {}, 'control')).content['subshell_id'];
    expect(await listed()).toEqual([one, two]);
    expect((await client.ask('delete_subshell_request', { subshell_id: one }, 'control')).content).toEqual({
      status: 'ok',
    });
    expect(await listed()).toEqual([two]);
  });

  test('run cells beside the main shell’s, with one count of cells', async () => {
    const { client, interpreter } = startSession();
    const main = client.execute('hold');
    await client.published('stream');
    const subshell = await create(client);
    expect((await client.done(run(client, subshell, 'print a'))).content).toMatchObject({
      status: 'ok',
      execution_count: 2,
    });
    interpreter.release();
    expect((await client.done(main)).content).toMatchObject({ status: 'ok', execution_count: 1 });
  });

  test('leave the kernel busy as long as any cell runs', async () => {
    const { client, interpreter } = startSession();
    const main = client.execute('hold');
    await client.published('stream');
    const subshell = await create(client);
    const other = run(client, subshell, 'print a');
    await client.done(other);
    await client.message(() => brief(client.received.at(-1)!.message) === 'busy');
    expect(client.received.at(-1)?.message.parent_header['msg_id']).toBe(main);
    interpreter.release();
    await client.done(main);
    expect(brief(client.received.at(-1)!.message)).toBe('idle');
  });

  test('keep the order of their own cells; a failure aborts those behind it there, and nowhere else', async () => {
    const { client, interpreter } = startSession();
    const subshell = await create(client);
    const first = run(client, subshell, 'hold fail');
    await client.published('stream');
    const behind = run(client, subshell, 'print b');
    const main = client.execute('print c');
    expect((await client.done(main)).content['status']).toBe('ok');
    interpreter.release();
    expect((await client.done(first)).content['status']).toBe('error');
    expect((await client.done(behind)).content['status']).toBe('aborted');
  });

  test('are all stopped by an interrupt', async () => {
    const { client } = startSession();
    const subshell = await create(client);
    const cells = [client.execute('wait'), run(client, subshell, 'wait')];
    const waiting = (): number =>
      client.received.filter(({ message }) => message.content['text'] === 'waiting').length;
    await client.message(() => waiting() === 2);
    await client.ask('interrupt_request', {}, 'control');
    for (const cell of cells) {
      expect((await client.done(cell)).content).toMatchObject({ status: 'error', ename: 'Interrupted' });
    }
  });

  test('that are deleted finish what runs, and run nothing more', async () => {
    const { client, interpreter } = startSession();
    const subshell = await create(client);
    const running = run(client, subshell, 'hold');
    await client.published('stream');
    const waiting = run(client, subshell, 'print b');
    await client.ask('delete_subshell_request', { subshell_id: subshell }, 'control');
    const late = run(client, subshell, 'print c');
    expect((await client.done(late)).content).toMatchObject({
      status: 'error',
      evalue: expect.stringMatching(/no such subshell/) as string,
    });
    interpreter.release();
    expect((await client.done(running)).content['status']).toBe('ok');
    expect((await client.done(waiting)).content['status']).toBe('aborted');
    expect(interpreter.cells.map(({ code }) => code)).toEqual(['hold']);
  });

  test.each([
    ['an interrupt', (client: TestClient) => client.ask('interrupt_request', {}, 'control')],
    ['the session’s end', (_: TestClient, router: RunningRouter) => router.close()],
  ])('that are deleted while a cell runs there are stopped, too, by %s', async (_, stop) => {
    const { client, router } = startSession();
    const subshell = await create(client);
    const running = run(client, subshell, 'wait');
    await client.published('stream');
    await client.ask('delete_subshell_request', { subshell_id: subshell }, 'control');
    await stop(client, router);
    expect((await client.done(running)).content).toMatchObject({ status: 'error', ename: 'Interrupted' });
  });

  test('that were deleted count as long as a cell runs there', async () => {
    const { client, interpreter } = startSession();
    const subshell = await create(client);
    const running = run(client, subshell, 'hold');
    await client.published('stream');
    await client.ask('delete_subshell_request', { subshell_id: subshell }, 'control');
    for (let i = 0; i < 99; i += 1) await create(client);
    const more = () => client.ask('create_subshell_request', {}, 'control');
    expect((await more()).content['status']).toBe('error');
    interpreter.release();
    await client.done(running);
    expect((await more()).content['status']).toBe('ok');
  });

  test('that are not there answer with an error, comms with their idle', async () => {
    const { client } = startSession();
    for (const id of ['nobody', '__proto__', '']) {
      expect((await client.done(run(client, id, 'print a'))).content['status']).toBe('error');
      await client.idle(client.sendTo(id, 'comm_msg', { comm_id: 'c', data: {} }));
      const deleted = await client.ask('delete_subshell_request', { subshell_id: id }, 'control');
      expect(deleted.content['status']).toBe('error');
    }
    expect((await client.ask('delete_subshell_request', {}, 'control')).content['status']).toBe('error');
  });

  test('are bounded in number', async () => {
    const { client } = startSession();
    for (let i = 0; i < 100; i += 1) await create(client);
    expect((await client.ask('create_subshell_request', {}, 'control')).content['status']).toBe('error');
  });

  test('end with the session', async () => {
    const { client, router } = startSession();
    const cell = run(client, await create(client), 'wait');
    await client.published('stream');
    await router.close();
    expect((await client.done(cell)).content['status']).toBe('error');
  });
});
