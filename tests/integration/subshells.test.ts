import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { helper } from '../support/jupyter.ts';
import { KernelUnderTest } from '../support/kernels.ts';

/** What can be done beside a cell that runs. */

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function begin(kernel: KernelUnderTest): Promise<{ cell: string; subshell: string }> {
  const cell = kernel.client.execute('Wait.');
  await kernel.client.message(({ message }) => JSON.stringify(message.content).includes('begun'));
  const { content } = await kernel.client.ask('create_subshell_request', {}, 'control');
  return { cell, subshell: String(content['subshell_id']) };
}
const untilFile = `import os, time
print("be" + "gun", flush=True)
while not os.path.exists("go"): time.sleep(0.01)`;

describe('a subshell', () => {
  it('shows costs and limits while a prompt runs', async () => {
    open = await KernelUnderTest.start({
      replies: [{ text: helper(untilFile) }, { text: 'Done.' }],
    });
    const { cell, subshell } = await begin(open);
    for (const [code, shown] of [
      ['%cost', /last prompt, .*: 1 call,/],
      ['%budget', /session: none/],
      ['%help', /%cost/],
      ['%allow', /./],
    ] as const) {
      const ran = await open.finished(open.client.sendTo(subshell, 'execute_request', { code }));
      expect(ran.reply['status'], code).toBe('ok');
      expect(ran.text).toMatch(shown);
    }
    writeFileSync(join(open.workspace, 'go'), '');
    const { reply, text } = await open.finished(cell);
    expect(reply['status']).toBe('ok');
    expect(text).toContain('Done.');
  });

  it('lets code and prompts wait for the prompt that runs, so that neither conversation nor memory is mixed', async () => {
    open = await KernelUnderTest.start({
      replies: [
        { text: helper(untilFile) },
        { text: helper('x = 1') },
        { text: 'First.' },
        { text: 'Second.', match: 'And then' },
      ],
    });
    const { cell, subshell } = await begin(open);
    const code = open.client.sendTo(subshell, 'execute_request', { code: '%%python\nprint(x + 1)' });
    const prompt = open.client.sendTo(subshell, 'execute_request', { code: 'And then' });
    await open.client.ask('kernel_info_request');
    writeFileSync(join(open.workspace, 'go'), '');
    expect((await open.finished(cell)).text).toContain('First.');
    expect((await open.finished(code)).text).toContain('2');
    expect((await open.finished(prompt)).text).toContain('Second.');
  });

  it('gives up waiting when it is interrupted', async () => {
    open = await KernelUnderTest.start({ replies: [{ text: helper(untilFile) }, { text: 'Done.' }] });
    const { cell, subshell } = await begin(open);
    const code = open.client.sendTo(subshell, 'execute_request', { code: '%%python\nopen("ran", "w")' });
    await open.client.message(({ message }) => message.parent_header['msg_id'] === code);
    await open.client.ask('interrupt_request', {}, 'control');
    expect((await open.finished(code)).reply).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    expect((await open.finished(cell)).reply['status']).toBe('error');
    expect((await open.run('%%python\nimport os; print(os.path.exists("ran"))')).text).toContain('False');
  });
});
