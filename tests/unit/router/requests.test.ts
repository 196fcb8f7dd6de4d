import { describe, expect, test } from 'vitest';
import { startSession } from './harness.ts';

test('a kernel that starts says so', async () => {
  const { client } = startSession();
  const status = await client.published('status');
  expect(status.content).toEqual({ execution_state: 'starting' });
  expect(status.parent_header).toEqual({});
});

describe('answers', () => {
  test('kernel_info', async () => {
    const { client } = startSession();
    const id = client.send('kernel_info_request');
    expect((await client.done(id)).content).toMatchObject({
      status: 'ok',
      protocol_version: '5.5',
      implementation: 'replique',
      implementation_version: '1.2.3',
      language_info: {
        name: 'replique',
        version: '1.2.3',
        mimetype: 'text/markdown',
        file_extension: '.md',
        codemirror_mode: 'markdown',
        pygments_lexer: 'markdown',
      },
      supported_features: ['kernel subshells'],
      debugger: false,
    });
    expect(client.story(id)).toEqual(['busy', 'kernel_info_reply', 'idle']);
  });

  test.each([
    ['is_complete_request', { code: 'if x:' }, { status: 'incomplete', indent: '    ' }],
    ['is_complete_request', { code: 'open(' }, { status: 'incomplete', indent: '' }],
    ['is_complete_request', { code: 'x' }, { status: 'complete' }],
    [
      'complete_request',
      { code: 'ab', cursor_pos: 1 },
      { status: 'ok', matches: ['ab_done'], cursor_start: 0, cursor_end: 1, metadata: {} },
    ],
    ['complete_request', { code: '🙂b' }, { status: 'ok', matches: ['🙂b_done'], cursor_end: 2 }],
    [
      'inspect_request',
      { code: 'known', cursor_pos: 1 },
      { status: 'ok', found: true, data: { 'text/plain': 'what is known' }, metadata: {} },
    ],
    ['inspect_request', { code: 'other' }, { status: 'ok', found: false, data: {}, metadata: {} }],
    [
      'history_request',
      { hist_access_type: 'tail', n: 5, output: false, raw: true },
      { status: 'ok', history: [] },
    ],
    ['comm_info_request', {}, { status: 'ok', comms: {} }],
  ])('%s %o', async (type, content, expected) => {
    const { client } = startSession();
    expect((await client.ask(type, content)).content).toMatchObject(expected);
  });

  test('a handler that throws still replies and goes idle', async () => {
    const { client, log } = startSession();
    const id = client.send('complete_request', { code: 'bug' });
    expect((await client.done(id)).content).toMatchObject({ status: 'error', evalue: 'no completion today' });
    expect(client.story(id)).toEqual(['busy', 'complete_reply', 'idle']);
    expect(log.join()).toContain('no completion today');
  });
});

describe('what is no proper request', () => {
  test.each([
    ['execute_request', {}],
    ['execute_request', { code: 7 }],
    ['execute_request', { code: 'x', user_expressions: { a: 1 } }],
    ['complete_request', { code: 'x', cursor_pos: -1 }],
    ['inspect_request', { code: 'x', detail_level: 9 }],
    ['shutdown_request', { restart: 'yes' }],
  ])('%s %o gets an error reply, and nothing runs', async (type, content) => {
    const { client, interpreter, shutdowns } = startSession();
    const id = client.send(type, content);
    expect((await client.done(id)).content).toMatchObject({ status: 'error', ename: 'MalformedRequest' });
    expect(client.story(id)).toEqual(['busy', type.replace('request', 'reply'), 'idle']);
    expect(interpreter.cells).toHaveLength(0);
    expect(shutdowns).toEqual([]);
  });

  test.each(['toString', '__proto__', 'comm_info', 'x'.repeat(200)])(
    'the unknown type %s is ignored',
    async (type) => {
      const { client, log } = startSession();
      const id = client.send(type);
      await client.ask('kernel_info_request');
      expect(client.story(id)).toEqual([]);
      expect(log).toHaveLength(1);
      expect(log[0]?.length).toBeLessThan(160);
    },
  );

  test('unsigned and broken frames are refused, and the kernel goes on', async () => {
    const { client, channels, interpreter, log } = startSession();
    const frame = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const header = { msg_id: '1', msg_type: 'execute_request', session: 's' };
    const unsigned = ['client-1', '<IDS|MSG>', ''].map((part) => Buffer.from(part));
    const forged = [...unsigned, frame(header), frame({}), frame({}), frame({ code: 'print x' })];
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      channels.sendFrames(channel, forged);
      channels.sendFrames(channel, []);
    }
    expect((await client.ask('kernel_info_request')).content['status']).toBe('ok');
    expect(interpreter.cells).toHaveLength(0);
    expect(log).toHaveLength(6);
  });
});
