import { afterEach, describe, expect, it } from 'vitest';
import type { Message } from '../../kernel/protocol/header.ts';
import { KernelUnderTest } from '../support/kernels.ts';

/** What code can say to a client beside its outputs passes the same firewall as they do. */

const secret = 'gsk_planted_secret_9';
const spelled = `"gsk_planted" + "_secret_9"`;
const title = '\\x1b]0;title\\x07';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});
async function start(): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start({ config: { groqApiKey: secret } });
  return open;
}

/** Everything that the client was sent. */
const heard = (kernel: KernelUnderTest): string =>
  JSON.stringify(kernel.client.received.map(({ message }) => message.content));

describe('the firewall holds in', () => {
  it('results of user_expressions', async () => {
    const kernel = await start();
    const code = `%%python\nfrom IPython.display import HTML, Javascript\nkey = ${spelled}`;
    const { reply } = await kernel.run(code, {
      user_expressions: {
        key: 'key',
        page: 'HTML("<b>bold</b><img src=x onerror=alert(1)>")',
        script: 'Javascript("alert(1)")',
        raised: '(_ for _ in ()).throw(ValueError(key))',
      },
    });
    expect(reply['user_expressions']).toMatchObject({
      key: { status: 'ok', data: { 'text/plain': "'[redacted]'" } },
      page: { status: 'ok', data: { 'text/html': expect.stringContaining('<b>bold</b>') as string } },
      raised: { status: 'error', ename: 'ValueError', evalue: '[redacted]' },
    });
    expect(JSON.stringify(reply)).not.toMatch(/planted|alert\(1\)/);
  });

  it('the error of a reply', async () => {
    const kernel = await start();
    const { reply } = await kernel.run(`%%python\nraise ValueError("${title}" + ${spelled})`);
    expect(reply).toMatchObject({ status: 'error', ename: 'ValueError', evalue: '[redacted]' });
    expect(heard(kernel).replaceAll(/"code":"[^}]*/g, '')).not.toMatch(/planted_secret|\\u001b\]/);
  });

  it('the documentation and the names that an editor is shown', async () => {
    const kernel = await start();
    await kernel.run(
      `%%python\ndef known(): pass\nknown.__doc__ = "${title}" + ${spelled}\nshelf = {${spelled}: 1}`,
    );
    const code = '%%python\nknown';
    // Python has its own work behind a cell, and an editor does not wait for long.
    const told = async (type: string, text: string): Promise<string> =>
      JSON.stringify((await kernel.client.ask(type, { code: text, cursor_pos: text.length })).content);
    await expect.poll(() => told('inspect_request', code)).toMatch(/"found":true.*\[redacted\]/);
    const open = '%%python\nshelf["';
    await expect.poll(() => told('complete_request', open)).toContain('[redacted]');
    expect(heard(kernel).replaceAll(/"code":"[^}]*/g, '')).not.toMatch(/planted_secret|\\u001b\]/);
  });

  it('questions', async () => {
    const kernel = await start();
    const id = kernel.client.execute(`%%python\nprint(len(input("${title}name " + ${spelled} + "? ")))`, {
      allow_stdin: true,
    });
    const asked: Message = await kernel.client.message(({ channel }) => channel === 'stdin');
    expect(asked.content).toEqual({ prompt: 'name [redacted]? ', password: false });
    kernel.client.send('input_reply', { value: 'Ada' }, 'stdin', asked.header);
    expect((await kernel.finished(id)).text).toContain('3');
  });
});
