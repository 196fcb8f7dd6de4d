import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CellOutcome } from '../../../kernel/loop/events.ts';
import { startSession } from './harness.ts';
import { ScriptedInterpreter, plainEmitter } from './scripted-interpreter.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a cell', () => {
  test('is answered with busy, its input, its outputs, the reply and idle, all with its header as parent', async () => {
    const { client } = startSession();
    const id = client.execute('print hello', { user_expressions: { a: '1 + 1' } });
    const reply = await client.done(id);
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'stream', 'execute_reply', 'idle']);
    expect(reply.content).toEqual({
      status: 'ok',
      execution_count: 1,
      user_expressions: { a: { status: 'ok', data: { 'text/plain': '1 + 1' }, metadata: {} } },
      payload: [],
    });
    expect((await client.published('execute_input')).content).toEqual({
      code: 'print hello',
      execution_count: 1,
    });
    expect((await client.published('stream')).content).toEqual({ name: 'stdout', text: 'hello' });
    expect(Date.parse(String(reply.metadata['started']))).not.toBeNaN();
  });

  test('that fails replies with its error, which only the emitter publishes', async () => {
    const { client } = startSession();
    const id = client.execute('fail');
    expect((await client.done(id)).content).toMatchObject({
      status: 'error',
      execution_count: 1,
      ename: 'ValueError',
      evalue: 'ValueError happened',
      traceback: ['ValueError'],
    });
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'error', 'execute_reply', 'idle']);
  });

  test('that meets a bug of the interpreter still gets error, reply and idle, without a stack trace', async () => {
    vi.stubEnv('REPLIQUE_DEBUG', '');
    const { client } = startSession();
    const id = client.execute('bug');
    const { content } = await client.done(id);
    expect(content).toMatchObject({
      status: 'error',
      ename: 'InternalError',
      evalue: 'a bug in the interpreter',
    });
    expect(content['traceback']).toEqual(['a bug in the interpreter']);
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'error', 'execute_reply', 'idle']);
    expect((await client.done(client.execute('print on'))).content['status']).toBe('ok');
  });

  test('shows the stack trace of a bug with REPLIQUE_DEBUG', async () => {
    vi.stubEnv('REPLIQUE_DEBUG', '1');
    const { client } = startSession();
    const { content } = await client.done(client.execute('bug'));
    expect(String(content['traceback'])).toContain('scripted-interpreter');
  });

  test('whose reply is no JSON still gets an error reply and idle', async () => {
    const { client, log } = startSession();
    const id = client.execute('unserialisable');
    expect((await client.done(id)).content).toMatchObject({ status: 'error', execution_count: 1 });
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'error', 'execute_reply', 'idle']);
    expect(log).toHaveLength(1);
  });

  test('loses an output that is no JSON, and nothing else', async () => {
    const { client, log } = startSession({
      createEmitter: (options) => {
        const emitter = plainEmitter(options);
        options.publish({ msg_type: 'display_data', content: { data: 1n } });
        return emitter;
      },
    });
    const id = client.execute('print hello');
    expect((await client.done(id)).content['status']).toBe('ok');
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'stream', 'execute_reply', 'idle']);
    expect(log.join()).toContain('display_data');
  });

  test('publishes nothing after its reply', async () => {
    const { client } = startSession();
    const id = client.execute('late');
    await client.done(id);
    await client.ask('kernel_info_request');
    await client.ask('kernel_info_request');
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'execute_reply', 'idle']);
  });

  test('publishes nothing of an emitter that is late', async () => {
    const { client } = startSession({
      createEmitter: (options) => {
        setTimeout(
          () => options.publish({ msg_type: 'stream', content: { name: 'stdout', text: 'late' } }),
          1,
        );
        return plainEmitter(options);
      },
    });
    const id = client.execute('print on time');
    await client.done(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await client.ask('kernel_info_request');
    expect(client.story(id)).toEqual(['busy', 'execute_input', 'stream', 'execute_reply', 'idle']);
  });

  test('runs with what the client asked for', async () => {
    const { client, interpreter } = startSession();
    await client.done(client.execute('x', { store_history: false, user_expressions: null }));
    const [cell] = interpreter.cells;
    expect(cell).toMatchObject({ code: 'x', silent: false, storeHistory: false, userExpressions: {} });
    expect(cell?.onInput).toBeUndefined();
  });
});

describe('the number of a cell', () => {
  test('counts stored cells only', async () => {
    const { client, interpreter } = startSession();
    const counts: unknown[] = [];
    for (const content of [
      {},
      { silent: true },
      { store_history: false },
      {},
      { silent: true, store_history: true },
    ]) {
      counts.push((await client.done(client.execute('x', content))).content['execution_count']);
    }
    expect(counts).toEqual([1, 1, 1, 2, 2]);
    expect(interpreter.cells.map((cell) => cell.storeHistory)).toEqual([true, false, false, true, false]);
  });

  test('a silent cell publishes its state and nothing else', async () => {
    const { client } = startSession();
    const id = client.execute('print hello', { silent: true });
    await client.done(id);
    expect(client.story(id)).toEqual(['busy', 'execute_reply', 'idle']);
    const bug = client.execute('bug', { silent: true });
    expect((await client.done(bug)).content['status']).toBe('error');
    expect(client.story(bug)).toEqual(['busy', 'execute_reply', 'idle']);
  });
});

describe('cells that wait', () => {
  test('run one at a time and in order', async () => {
    let running = 0;
    let most = 0;
    class Counting extends ScriptedInterpreter {
      override async execute(...[request]: Parameters<ScriptedInterpreter['execute']>): Promise<CellOutcome> {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return super.execute(request);
      }
    }
    const interpreter = new Counting();
    const { client } = startSession({ interpreter });
    const ids = ['a', 'b', 'c'].map((code) => client.execute(code));
    await Promise.all(ids.map((id) => client.done(id)));
    expect(most).toBe(1);
    expect(interpreter.cells.map((cell) => cell.code)).toEqual(['a', 'b', 'c']);
  });

  test('are aborted after one that fails, and those sent later run', async () => {
    const { client, interpreter } = startSession();
    const failing = client.execute('fail');
    const rest = [client.execute('print a'), client.execute('print b')];
    for (const id of rest) {
      const reply = await client.done(id);
      expect(reply.content).toEqual({ status: 'aborted', execution_count: 1 });
      expect(client.story(id)).toEqual(['busy', 'execute_reply', 'idle']);
    }
    expect(client.story(failing).at(-1)).toBe('idle');
    expect(interpreter.cells).toHaveLength(1);
    expect((await client.done(client.execute('print c'))).content).toMatchObject({
      status: 'ok',
      execution_count: 2,
    });
  });

  test.each([{ stop_on_error: false }, { silent: true }])(
    'run after a failing cell with %o',
    async (content) => {
      const { client } = startSession();
      client.execute('fail', content);
      expect((await client.done(client.execute('print a'))).content['status']).toBe('ok');
    },
  );
});
