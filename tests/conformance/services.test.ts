import {
  KernelManager,
  ServerConnection,
  SessionManager,
  type Kernel,
  type Session,
} from '@jupyterlab/services';
import type * as KernelMessage from '@jupyterlab/services/lib/kernel/messages.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { JupyterServer } from '../support/jupyter-server.ts';
import { noteFaults } from '../support/protocol/faults.ts';
import { problemsOf } from '../support/protocol/message.ts';

/** The client library of JupyterLab, Notebook 7 and others, in Node, against the real jupyter_server. */
describe('@jupyterlab/services', { timeout: 60_000 }, () => {
  let server: JupyterServer;
  let kernels: KernelManager;
  let sessions: SessionManager;
  let session: Session.ISessionConnection;
  let kernel: Kernel.IKernelConnection;
  let checked = 0;

  beforeAll(async () => {
    server = await JupyterServer.start([
      { text: `I print.\n${helper('print("six times seven is", 6 * 7)')}` },
      { text: 'The answer is forty-two.' },
    ]);
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: `${server.origin}/`,
      wsUrl: `${server.origin.replace('http', 'ws')}/`,
      token: server.token,
    });
    kernels = new KernelManager({ serverSettings });
    sessions = new SessionManager({ serverSettings, kernelManager: kernels });
    await sessions.ready;
    session = await sessions.startNew({
      ...{ path: 'page.ipynb', name: 'page.ipynb', type: 'notebook' },
      kernel: { name: 'replique' },
    });
    kernel = session.kernel!;
    kernel.anyMessage.connect((_, { msg, direction }) => {
      if (direction === 'recv') check(msg);
    });
    await kernel.info;
  }, 120_000);
  afterAll(async () => {
    await session.shutdown();
    sessions.dispose();
    kernels.dispose();
    await server.close();
  });

  /** The server has messages of its own, with its own name: `restarting`. */
  function check(message: KernelMessage.IMessage): void {
    if (message.header.username !== 'replique') return;
    checked += 1;
    noteFaults(problemsOf(message.channel, { ...message, buffers: message.buffers ?? [] }));
  }

  interface Ran {
    readonly reply: KernelMessage.IExecuteReplyMsg['content'];
    readonly shown: string;
    readonly displays: readonly KernelMessage.IIOPubMessage[];
  }
  async function run(
    code: string,
    more: Partial<KernelMessage.IExecuteRequestMsg['content']> = {},
  ): Promise<Ran> {
    const future = kernel.requestExecute({ code, stop_on_error: false, ...more });
    const displays: KernelMessage.IIOPubMessage[] = [];
    future.onIOPub = (message) => void displays.push(message);
    future.onStdin = (message) => {
      if (message.header.msg_type === 'input_request') {
        future.sendInputReply({ status: 'ok', value: 'Ada' }, message.header as never);
      }
    };
    const { content } = await future.done;
    return { reply: content, shown: JSON.stringify(displays.map((message) => message.content)), displays };
  }

  it('learns who the kernel is, in the list of kernels and by asking', async () => {
    expect((await kernel.info).implementation).toBe('replique');
    expect(kernel.supportsSubshells).toBe(true);
    await kernels.refreshRunning();
    expect([...kernels.running()].map(({ name }) => name)).toEqual(['replique']);
  });

  it('runs a prompt and code, with results of expressions', async () => {
    const prompt = await run('What is six times seven?');
    expect(prompt.reply.status).toBe('ok');
    expect(prompt.shown).toContain('six times seven is 42');
    expect(prompt.shown).toContain('The answer is forty-two.');
    const { reply } = await run('%%python\nx = 6', { user_expressions: { a: 'x * 7' } });
    expect(reply).toMatchObject({ user_expressions: { a: { data: { 'text/plain': '42' } } } });
    expect((await run('%%python\n1 / 0')).reply).toMatchObject({ ename: 'ZeroDivisionError' });
  });

  it('is asked for a line', async () => {
    expect((await run('%%python\nprint("hello", input("name? "))')).shown).toContain('hello Ada');
  });

  it('completes, inspects, judges and asks for history', async () => {
    const code = '%%python\nzi';
    const completed = await kernel.requestComplete({ code, cursor_pos: code.length });
    expect(completed.content).toMatchObject({
      status: 'ok',
      matches: expect.arrayContaining(['zip']) as string[],
    });
    const inspected = await kernel.requestInspect({ code: `${code}p`, cursor_pos: 12, detail_level: 0 });
    expect(inspected.content).toMatchObject({ status: 'ok', found: true });
    const judged = await kernel.requestIsComplete({ code: '%%python\nfor x in y:' });
    expect(judged.content).toEqual({ status: 'incomplete', indent: '    ' });
    const asked = { hist_access_type: 'tail', n: 5, output: false, raw: true } as const;
    expect((await kernel.requestHistory(asked)).content.status).toBe('ok');
  });

  it('talks to a widget over its comm, both ways', async () => {
    const comms = new Map<string, Kernel.IComm>();
    const heard: string[] = [];
    kernel.registerCommTarget('jupyter.widget', (opened) => {
      comms.set(opened.commId, opened);
      opened.onMsg = ({ content }) => void heard.push(JSON.stringify(content.data));
    });
    await run(
      '%%python\nimport ipywidgets\nslider = ipywidgets.IntSlider(value=3)\nslider.observe(lambda change: print("moved to", change.new), "value")',
    );
    const models = await kernel.requestCommInfo({ target_name: 'jupyter.widget' });
    const known = models.content.status === 'ok' ? Object.keys(models.content.comms) : [];
    expect(known.length).toBeGreaterThan(0);
    const slider = (await run('%%python\nprint("id:" + slider.model_id)')).shown;
    const [, id = ''] = /id:([0-9a-f]+)/.exec(slider) ?? [];
    expect(known).toContain(id);
    const future = comms.get(id)!.send({ method: 'update', state: { value: 7 }, buffer_paths: [] });
    const outputs: unknown[] = [];
    future.onIOPub = ({ content }) => void outputs.push(content);
    await future.done;
    expect(JSON.stringify(outputs)).toContain('moved to 7');
    await run('%%python\nslider.value = 9');
    expect(heard.join()).toContain('"value":9');
  });

  it('interrupts a running cell', async () => {
    const future = kernel.requestExecute({
      code: '%%python\nprint("begun", flush=True)\nimport time; time.sleep(600)',
    });
    const begun = new Promise<void>((resolve) => {
      future.onIOPub = ({ header }) => {
        if (header.msg_type === 'stream') resolve();
      };
    });
    await begun;
    await kernel.interrupt();
    expect((await future.done).content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
  });

  it('works in a subshell beside a running cell', async () => {
    const waiting = kernel.requestExecute({ code: '%%python\ninput("wait? ")' });
    const question = new Promise<KernelMessage.IStdinMessage>((resolve) => (waiting.onStdin = resolve));
    const { header } = await question;
    const { content } = await kernel.requestCreateSubshell({}).done;
    const beside = kernel.clone({ handleComms: false });
    beside.subshellId = content.subshell_id;
    const future = beside.requestExecute({ code: '%help' });
    expect((await future.done).content.status).toBe('ok');
    beside.dispose();
    waiting.sendInputReply({ status: 'ok', value: '' }, header as never);
    expect((await waiting.done).content.status).toBe('ok');
  });

  it('restarts the kernel, whose memory is then new', async () => {
    await run('%%python\nkept = 1');
    await kernel.restart();
    expect((await run('%%python\nprint("kept" in globals())')).shown).toContain('False');
  });

  it('and every message of the kernel was as the protocol has it', () => {
    expect(checked).toBeGreaterThan(100);
  });
});
