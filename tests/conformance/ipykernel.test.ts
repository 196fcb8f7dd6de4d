import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../kernel/protocol/header.ts';
import { ZmqClient, makeConnection } from '../integration/wire-client.ts';
import { knownTypes } from '../support/protocol/message.ts';
import { testPython } from '../support/python.ts';
import { TestClient } from '../unit/router/client.ts';

/**
 * The tests' schema of the protocol, held against Jupyter's own kernel. What it says beside the specification, which
 * allows "extra fields in known message types", stands here; Replique's kernel says none of it.
 */
const extras = [
  'comm_open on iopub: content: Unrecognized key: "target_module"',
  'execute_reply on shell: content: Unrecognized keys: "engine_info", "user_expressions", "payload"',
];

describe('ipykernel’s messages fit the schema', { timeout: 60_000 }, () => {
  const top = mkdtempSync(join(tmpdir(), 'ripy-'));
  const faults = new Set<string>();
  let kernel: ChildProcess;
  let channels: ZmqClient;
  let client: TestClient;
  let removeSockets: () => Promise<void>;

  beforeAll(async () => {
    const { connection, remove } = await makeConnection('ipc');
    removeSockets = remove;
    const file = join(top, 'kernel.json');
    writeFileSync(file, JSON.stringify({ ...connection, signature_scheme: 'hmac-sha256' }));
    const home = { HOME: top, IPYTHONDIR: join(top, 'ipython'), JUPYTER_RUNTIME_DIR: top };
    kernel = spawn(testPython(), ['-m', 'ipykernel_launcher', '-f', file], {
      cwd: top,
      env: { ...process.env, ...home },
      stdio: 'ignore',
    });
    channels = new ZmqClient(connection);
    client = new TestClient(channels, [], (found) => found.forEach((fault) => faults.add(fault)));
    await client.published('iopub_welcome');
    await client.ask('kernel_info_request');
  });
  afterAll(async () => {
    kernel.kill('SIGKILL');
    await channels.close();
    await removeSockets();
    rmSync(top, { recursive: true, force: true });
  });

  const run = async (code: string, more: object = {}): Promise<Record<string, unknown>> => {
    const id = client.execute(code, { silent: false, store_history: true, allow_stdin: false, ...more });
    return (await client.done(id)).content;
  };
  const first = (fits: (message: Message) => boolean): Promise<Message> =>
    client.message(({ message }) => fits(message));

  it('of cells: streams, displays, results, errors, expressions, and those that were aborted', async () => {
    await run('import sys\nprint("out")\nprint("err", file=sys.stderr)');
    const shown = await run(
      'from IPython.display import display, clear_output, HTML, JSON, Image\n' +
        'import base64\n' +
        'shown = display(HTML("<b>x</b>"), display_id=True)\nshown.update(HTML("<b>y</b>"))\n' +
        'display(JSON({"a": 1}, expanded=True))\n' +
        'display(Image(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")))\n' +
        'clear_output(wait=True)\n6 * 7',
      { user_expressions: { good: '1 + 1', bad: 'nothing' } },
    );
    expect(shown).toMatchObject({ user_expressions: { good: { status: 'ok' }, bad: { status: 'error' } } });
    for (const type of ['stream', 'display_data', 'update_display_data', 'clear_output', 'execute_result']) {
      await client.published(type);
    }
    const failing = client.execute('import time; time.sleep(1); 1 / 0', { stop_on_error: true });
    const waiting = client.execute('2');
    expect((await client.done(failing)).content).toMatchObject({ ename: 'ZeroDivisionError' });
    expect((await client.done(waiting)).content['status']).toBe('aborted');
    expect(await run('', { silent: true })).toMatchObject({ status: 'ok' });
    expect(await run('print?')).toMatchObject({ payload: [{ source: 'page' }] });
  });

  it('of questions', async () => {
    const id = client.execute('import getpass; input("name? "); getpass.getpass("secret? ")', {
      allow_stdin: true,
    });
    for (const prompt of ['name? ', 'secret? ']) {
      const { header } = await first(({ content }) => content['prompt'] === prompt);
      client.send('input_reply', { value: 'Ada' }, 'stdin', header);
    }
    expect((await client.done(id)).content['status']).toBe('ok');
  });

  it('of what an editor asks', async () => {
    await run('remembered = "🙂"');
    const code = '"🙂"; rememb';
    const { content } = await client.ask('complete_request', { code, cursor_pos: 11 });
    expect(content).toMatchObject({ cursor_start: 5, matches: ['remembered'] });
    for (const code of ['print', 'nothing_of_that_name']) {
      await client.ask('inspect_request', { code, cursor_pos: 3, detail_level: 0 });
    }
    for (const output of [true, false]) {
      const asked = { output, raw: true, session: 0, start: 1, stop: 9, n: 5, pattern: '*' };
      for (const hist_access_type of ['tail', 'range', 'search']) {
        await client.ask('history_request', { ...asked, hist_access_type });
      }
    }
    for (const code of ['1', 'for x in y:', '1 = )', 'x = ('])
      await client.ask('is_complete_request', { code });
  });

  it('of comms', async () => {
    await run(
      'from comm import create_comm, get_comm_manager\n' +
        'get_comm_manager().register_target("known", lambda comm, _: comm.send({"heard": 1}))\n' +
        'made = create_comm(target_name="of_kernel", data={"a": 1}, buffers=[b"x"])\nmade.send({"b": 2})',
    );
    await client.published('comm_open');
    await client.ask('comm_info_request', {});
    const talk = async (type: string, content: object): Promise<void> => {
      await client.idle(client.send(type, { data: {}, ...content }));
    };
    await talk('comm_open', { comm_id: 'c1', target_name: 'known' });
    await talk('comm_msg', { comm_id: 'c1' });
    await talk('comm_close', { comm_id: 'c1' });
    await talk('comm_open', { comm_id: 'c2', target_name: 'unknown' });
    await client.published('comm_close');
    await run('made.close()');
  });

  it('of subshells, of an interrupt and of the end', async () => {
    const { content } = await client.ask('create_subshell_request', {}, 'control');
    const subshell = String(content['subshell_id']);
    await client.done(client.sendTo(subshell, 'execute_request', { code: '3', silent: false }));
    await client.ask('list_subshell_request', {}, 'control');
    await client.ask('delete_subshell_request', { subshell_id: subshell }, 'control');
    const long = client.execute('print("begun"); import time; time.sleep(600)');
    await first(({ content: { text } }) => String(text).includes('begun'));
    await client.ask('interrupt_request', {}, 'control');
    expect((await client.done(long)).content['ename']).toBe('KeyboardInterrupt');
    await client.ask('connect_request', {}, 'control');
    const debugInfo = { type: 'request', seq: 1, command: 'debugInfo', arguments: {} };
    await client.reply(client.send('debug_request', debugInfo, 'control'));
    const ended = once(kernel, 'exit');
    await client.reply(client.send('shutdown_request', { restart: false }, 'control'));
    await client.published('shutdown_reply');
    await ended;
  });

  it('but for what it says beside the specification', () => {
    expect([...faults].sort()).toEqual(extras);
  });

  it('and has said everything that the schema knows', () => {
    const said = new Set(client.received.map(({ message }) => message.header.msg_type));
    expect([...said].sort()).toEqual([...knownTypes].sort());
  });
});
