import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { repliqueError } from '../../kernel/errors.ts';
import { KernelUnderTest } from '../support/kernels.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});
async function start(...given: Parameters<typeof KernelUnderTest.start>): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start(...given);
  return open;
}

const helper = (code: string, lang = 'python'): string => `<helpers lang="${lang}">\n${code}\n</helpers>`;
const displayOf = (content: Readonly<Record<string, unknown>>): unknown =>
  (content['transient'] as { display_id?: string }).display_id;
const kinds = (cell: { outputs: readonly { header: { msg_type: string } }[] }): string[] =>
  cell.outputs.map(({ header }) => header.msg_type);

describe('a prompt cell', () => {
  it('runs the helper in the sandbox, gives its result to the model, and ends with the answer', async () => {
    const kernel = await start({
      replies: [
        { text: `I look.\n${helper('print(open("a.txt").read())')}` },
        { text: 'It says forty-two.', match: '<result status="ok">\\s*forty-two' },
      ],
    });
    writeFileSync(join(kernel.workspace, 'a.txt'), 'forty-two');
    const cell = await kernel.run('What does a.txt say?', { user_expressions: { it: '_' } });
    expect(cell.reply['status']).toBe('ok');
    expect(cell.text).toContain('forty-two');
    expect(cell.text).toContain('It says forty-two.');
    expect(cell.reply['user_expressions']).toMatchObject({
      it: { data: { 'text/plain': "'It says forty-two.'" } },
    });
    const after = await kernel.run('%%python\nprint(Out[1])');
    expect(after.text).toContain('It says forty-two.');
  });

  it('keeps Python’s memory between helpers and cells', async () => {
    const kernel = await start({
      replies: [
        { text: helper('import numpy as np\nx = np.arange(20)') },
        { text: 'Done.' },
        { text: 'It is 20.', match: 'Python’s memory has:\nx: ndarray \\(20,\\) int64\n\nWhat is x' },
      ],
    });
    await kernel.run('Set x.');
    expect((await kernel.run('%%python\nprint(x.sum())')).text).toContain('190');
    expect((await kernel.run('What is x?')).text).toContain('It is 20.');
  });

  it('tells the model what the user’s own code did', async () => {
    const kernel = await start({
      replies: [{ text: 'You printed 7.', match: 'print\\(7\\)[^]*<result[^]*7' }],
    });
    await kernel.run('%%python\nprint(7)');
    expect((await kernel.run('What did I do?')).reply['status']).toBe('ok');
  });

  it('shows a helper’s failure as display_data, and the model mends it', async () => {
    const kernel = await start({
      replies: [
        { text: helper('1/0') },
        { text: helper('print("mended")'), match: 'ZeroDivisionError' },
        { text: 'Mended.' },
      ],
    });
    const cell = await kernel.run('Divide.');
    expect(cell.reply['status']).toBe('ok');
    expect(kinds(cell)).not.toContain('error');
    expect(cell.text).toContain('ZeroDivisionError');
  });

  it('is an error, after its outputs, when the provider fails', async () => {
    const kernel = await start({
      replies: [{ error: { status: 503, message: 'no capacity' } }],
      config: { retries: 0 },
    });
    const cell = await kernel.run('Anything?');
    expect(cell.reply).toMatchObject({ status: 'error', ename: 'ProviderError' });
    expect(kinds(cell).at(-1)).toBe('error');
    expect(cell.reply['traceback']).toHaveLength(2);
  });

  it('is tried again when the provider fails in the middle: none of the first try stays', async () => {
    const kernel = await start({
      replies: [
        { text: `Lost words. ${helper('print("lost")').slice(0, 40)}`, error: { status: 503 } },
        { text: 'Kept words.' },
      ],
    });
    const cell = await kernel.run('Anything?');
    expect(cell.reply['status']).toBe('ok');
    expect(cell.text).toContain('Trying again');
    const turns = cell.outputs.filter(
      ({ content }) => 'transient' in content && displayOf(content) !== undefined,
    );
    expect(new Set(turns.map(({ content }) => displayOf(content))).size).toBe(1);
    expect(JSON.stringify(turns.at(-1))).toContain('Kept words.');
    expect(JSON.stringify(turns.at(-1))).not.toMatch(/Lost|Trying/);
  });

  it('is answered by the fallback when the provider can’t be had, which is said and recorded', async () => {
    const kernel = await start({
      replies: [{ text: 'From the script.' }],
      config: { provider: 'groq', fallback: ['mock'] },
    });
    const cell = await kernel.run('Anything?');
    expect(cell.reply['status']).toBe('ok');
    expect(cell.text).toContain('mock:mock answers now, not groq: Groq needs a key');
    expect(JSON.stringify(cell.outputs)).toContain('"provider":"mock"');
  });

  it('is an error that names the provider’s key when there is none', async () => {
    const kernel = await start({ config: { provider: 'groq' } });
    const cell = await kernel.run('Anything?');
    expect(cell.reply).toMatchObject({ status: 'error', ename: 'ProviderError' });
    expect(JSON.stringify(cell.reply)).toContain('GROQ_API_KEY');
  });

  it('never reaches the model when silent', async () => {
    const kernel = await start({ replies: [{ text: 'Called.' }] });
    const silent = await kernel.run('Are you there?', { silent: true });
    expect(silent.reply['status']).toBe('ok');
    expect(silent.outputs).toEqual([]);
    expect((await kernel.run('And now?')).text).toContain('Called.');
  });

  it('asks the person where a helper calls input()', async () => {
    const kernel = await start({
      replies: [{ text: helper('print("hi " + input("who? "))') }, { text: 'Greeted.' }],
    });
    const id = kernel.client.execute('Greet me.', { allow_stdin: true });
    const asked = await kernel.client.message(({ message }) => message.header.msg_type === 'input_request');
    expect(asked.content).toMatchObject({ prompt: 'who? ', password: false });
    kernel.client.send('input_reply', { value: 'Ada', status: 'ok' }, 'stdin', asked.header);
    expect((await kernel.finished(id)).text).toContain('hi Ada');
  });

  it('stops at once when it is interrupted, while a helper spins and while the model streams', async () => {
    const kernel = await start({
      replies: [
        { text: helper('print("spinning", flush=True)\nwhile True: pass') },
        { text: 'slow '.repeat(1000), chunk: 5, delayMs: 20 },
        { text: 'Here again.' },
      ],
    });
    for (const sign of ['spinning', 'slow']) {
      const id = kernel.client.execute('Go.');
      await kernel.client.message(
        ({ message }) =>
          message.parent_header['msg_id'] === id && JSON.stringify(message.content).includes(sign),
      );
      kernel.client.send('interrupt_request', {}, 'control');
      expect((await kernel.finished(id)).reply).toMatchObject({ status: 'error', ename: 'Interrupted' });
    }
    expect((await kernel.run('Still there?')).text).toContain('Here again.');
  });
});

describe('a code cell', () => {
  it('fails as in Jupyter', async () => {
    const kernel = await start();
    const cell = await kernel.run('%%python\nprint("before")\n{}["k"]');
    expect(kinds(cell)).toEqual(['stream', 'error']);
    expect(cell.reply).toMatchObject({ status: 'error', ename: 'KeyError', evalue: "'k'" });
    const bash = await kernel.run('%%bash\necho out; exit 3');
    expect(bash.reply['status']).toBe('error');
    expect(bash.text).toContain('out');
  });

  it('is called by its own number in tracebacks, however many helpers ran before', async () => {
    const kernel = await start({
      replies: [{ text: helper('1') }, { text: helper('2') }, { text: 'Done.' }],
    });
    await kernel.run('Count.');
    expect((await kernel.run('%%python\n1/0')).reply['traceback']).toEqual(
      expect.arrayContaining([expect.stringContaining('In[2]')]),
    );
    expect((await kernel.run('%%python\n30 + 3')).outputs[0]?.content).toMatchObject({ execution_count: 3 });
    expect((await kernel.run('%%python\nprint(Out[3])')).text).toContain('33');
  });

  it('has its result as Out[n]', async () => {
    const kernel = await start();
    await kernel.run('%%python\n"a" * 3');
    const cell = await kernel.run('%%python\n6 * 7');
    expect(cell.outputs[0]?.content).toMatchObject({ execution_count: 2, data: { 'text/plain': '42' } });
  });

  it('runs what papermill injects', async () => {
    const kernel = await start();
    expect((await kernel.run('# Parameters\nn = 3\nnames = ["a"]')).reply['status']).toBe('ok');
    expect((await kernel.run('%%python\nprint(n, names)')).text).toContain("3 ['a']");
  });

  it('writes files that belong to the workspace’s owner', async () => {
    const kernel = await start();
    await kernel.run('%%bash\necho made > made.txt');
    const file = join(kernel.workspace, 'made.txt');
    expect(readFileSync(file, 'utf8')).toBe('made\n');
    expect(statSync(file).uid).toBe(statSync(kernel.workspace).uid);
  });

  it('is interrupted with KeyboardInterrupt, and the memory stays', async () => {
    const kernel = await start();
    await kernel.run('%%python\nkept = 5');
    const id = kernel.client.execute('%%python\nprint("on", flush=True)\nimport time\ntime.sleep(600)');
    await kernel.client.published('stream');
    kernel.client.send('interrupt_request', {}, 'control');
    expect((await kernel.finished(id)).reply).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    expect((await kernel.run('%%python\nprint(kept)')).text).toContain('5');
  });

  it('comes back from its last snapshot when the process dies', async () => {
    const kernel = await start();
    await kernel.run('%%python\nkept = 5');
    const died = await kernel.run('%%python\nimport os; os._exit(3)');
    expect(died.reply).toMatchObject({ status: 'error', ename: 'WorkerDied' });
    expect((await kernel.run('%%python\nprint(kept)')).text).toContain('5');
  });
});

describe('magics and editing', () => {
  it('lists the magics, and says which one is unknown', async () => {
    const kernel = await start();
    expect((await kernel.run('%help')).text).toContain('%%python');
    expect((await kernel.run('?')).text).toContain('%check');
    expect((await kernel.run('?check')).text).toContain('%check');
    expect((await kernel.run('%nope')).reply).toMatchObject({ status: 'error', ename: 'UnknownMagic' });
    const swapped = await kernel.run('%python');
    expect(JSON.stringify(swapped.reply)).toContain('%%python');
  });

  it('shows a variable for ?name', async () => {
    const kernel = await start();
    await kernel.run('%%python\nfrom math import pi');
    expect((await kernel.run('?pi')).text).toContain('3.14');
  });

  it('checks the system', async () => {
    const kernel = await start({ replies: [{ text: 'ok' }] });
    const { text, reply } = await kernel.run('%check');
    expect(reply['status']).toBe('ok');
    for (const name of ['Node', 'Python', 'Sandbox', 'Provider', 'Disk']) expect(text).toContain(name);
  });

  it('runs magics before a prompt, and not the prompt when one fails', async () => {
    const kernel = await start({ replies: [{ text: 'Answered.' }] });
    expect((await kernel.run('%nope\nHello?')).text).not.toContain('Answered.');
    const both = await kernel.run('%help\nHello?');
    expect(both.text).toContain('%%bash');
    expect(both.text).toContain('Answered.');
  });

  it('completes Python and magics, positions in code points', async () => {
    const kernel = await start();
    await kernel.run('%%python\nrather_long_name = 1');
    const code = '%%python\n"😀"; rather_l';
    // Python has its own work behind a cell, and an editor does not wait for long.
    const asked = { code, cursor_pos: Array.from(code).length };
    const completed = async () => (await kernel.client.ask('complete_request', asked)).content;
    await expect.poll(async () => (await completed())['matches']).toContain('rather_long_name');
    expect(await completed()).toMatchObject({ cursor_start: 14, cursor_end: 22 });
    const magic = await kernel.client.ask('complete_request', { code: '%he', cursor_pos: 3 });
    expect(magic.content).toMatchObject({ matches: ['%help'], cursor_start: 0, cursor_end: 3 });
    const prose = await kernel.client.ask('complete_request', { code: 'Which are', cursor_pos: 9 });
    expect(prose.content['matches']).toEqual([]);
  });

  it('inspects Python names and magics', async () => {
    const kernel = await start();
    const inspect = async (code: string): Promise<string> => {
      const { content } = await kernel.client.ask('inspect_request', {
        code,
        cursor_pos: code.length,
        detail_level: 0,
      });
      return JSON.stringify(content);
    };
    // Until Python is there nothing is found.
    await expect.poll(() => inspect('%%python\nlen')).toContain('number of items');
    expect(await inspect('%check')).toContain('Checks the system');
    expect(await inspect('%%bash\nls')).toContain('as bash');
    expect(await inspect('What is it')).toContain('"found":false');
  });

  it('knows what is not complete yet', async () => {
    const kernel = await start();
    const status = async (code: string): Promise<unknown> =>
      (await kernel.client.ask('is_complete_request', { code })).content['status'];
    expect(await status('How many?')).toBe('complete');
    expect(await status('%%python')).toBe('incomplete');
    expect(await status('%%python\nfor i in range(3):')).toBe('incomplete');
    expect(await status('%%python\n1 + 1')).toBe('complete');
    expect(await status('How many \\')).toBe('incomplete');
    expect(await status('How many \\\nfiles?')).toBe('complete');
    expect(await status('What is \\\\')).toBe('complete');
    expect(await status('%%bash\nls')).toBe('incomplete');
    expect(await status('%%bash\nls\n')).toBe('complete');
  });
});

describe('the session', () => {
  it('runs no helper without its sandbox, and says what is missing', async () => {
    const kernel = await start({
      config: { python: '/no/such/python' },
      replies: [{ text: helper('print(1)') }],
    });
    const code = await kernel.run('%%python\nprint(1)');
    expect(code.reply['status']).toBe('error');
    expect(JSON.stringify(code.reply)).toContain('/no/such/python');
    const prompt = await kernel.run('Print 1.');
    expect(prompt.reply['status']).toBe('error');
  });

  it('warns in every cell when there is no sandbox', async () => {
    const kernel = await start({ config: { sandbox: 'none' } });
    for (const code of ['%%python\nprint(1)', '%%python\nprint(2)']) {
      expect((await kernel.run(code)).text).toContain('without a sandbox');
    }
  });

  it('says in every cell what is wrong with the configuration, and runs nothing', async () => {
    const details = {
      where: 'the variable REPLIQUE_PROVIDER',
      problem: 'it is odd.',
      remedy: 'Set it right.',
    };
    const kernel = await start({ config: repliqueError('CONFIG_INVALID', details) });
    for (const code of ['How many files?', '%%python\nopen("made", "w")', '%check']) {
      const cell = await kernel.run(code);
      expect(cell.reply).toMatchObject({ status: 'error', ename: 'ConfigurationError' });
      expect(cell.reply['traceback']).toEqual([
        expect.stringContaining('REPLIQUE_PROVIDER'),
        '→ Set it right. Then restart the kernel.',
      ]);
      expect(kinds(cell)).toEqual(['error']);
    }
    expect((await kernel.run('')).reply['status']).toBe('ok');
    expect(readdirSync(kernel.workspace)).toEqual([]);
    const asked = await kernel.client.ask('complete_request', { code: 'a', cursor_pos: 1 });
    expect(asked.content).toMatchObject({ status: 'ok', matches: [] });
    await kernel.client.ask('inspect_request', { code: 'a', cursor_pos: 1, detail_level: 0 });
    const complete = await kernel.client.ask('is_complete_request', { code: 'a' });
    expect(complete.content).toMatchObject({ status: 'unknown' });
  });

  it('does nothing for an empty cell', async () => {
    const kernel = await start();
    expect((await kernel.run('  \n')).outputs).toEqual([]);
  });

  it('ends on shutdown_request', async () => {
    const kernel = await start();
    await kernel.run('%%python\nopen("pid", "w").write("x")');
    const reply = await kernel.client.ask('shutdown_request', { restart: false }, 'control');
    expect(reply.content).toMatchObject({ status: 'ok', restart: false });
    await kernel.kernel.closed;
    expect(existsSync(join(kernel.workspace, 'pid'))).toBe(true);
  });
});
