import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventsIn, kindOf } from '../support/audits.ts';
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
/** A model that gives up after a failure is asked again, twice. */
const insisted = [{ text: 'Done.' }, { text: 'Done.' }, { text: 'Done.' }];
const verdicts = (kernel: KernelUnderTest): unknown =>
  eventsIn(kernel.auditDir).filter((event) => kindOf(event) === 'validation');

describe('a helper that asks for what its profile denies', () => {
  it('does not run; model, reader and record are told which rule and what allows it', async () => {
    const kernel = await start({
      replies: [
        { text: helper('open("ran", "w").close()\nimport requests') },
        { text: 'No network, then.', match: 'validation, network[^]*line 2[^]*%allow HOST' },
        ...insisted,
      ],
    });
    const cell = await kernel.run('Fetch it.');
    expect(cell.reply['status']).toBe('ok');
    expect(JSON.stringify(cell.outputs)).toContain('it asks for the network in line 2');
    expect(existsSync(join(kernel.workspace, 'ran'))).toBe(false);
    expect(verdicts(kernel)).toMatchObject([
      { turn: 1, helper: 1, runs: false, decisions: [{ capability: 'network', decision: 'deny' }] },
    ]);
    expect(eventsIn(kernel.auditDir).some((event) => event['origin'] === 'helper')).toBe(false);
  });

  it('runs where a host is open, and what it may do inside runs anyway', async () => {
    const kernel = await start({
      replies: [
        { text: helper('import socket, subprocess, ctypes\nprint("ran")') },
        { text: 'Done.', match: '<result status="ok">\\s*ran' },
      ],
    });
    await kernel.run('%allow example.org');
    expect((await kernel.run('Go.')).reply['status']).toBe('ok');
  });

  it('is not a person’s own cell', async () => {
    const kernel = await start();
    expect((await kernel.run('%%python\nimport socket\nprint("mine")')).text).toContain('mine');
  });

  it.each([
    ['y', true],
    ['', false],
  ])('in the profile open is decided by the person: %j', async (answer, runs) => {
    const kernel = await start({
      config: { profile: 'open' },
      replies: [{ text: helper('import socket\nprint("ran")') }, ...insisted],
    });
    const id = kernel.client.execute('Go.', { allow_stdin: true });
    const asked = await kernel.client.message(({ message }) => message.header.msg_type === 'input_request');
    expect(asked.content['prompt']).toContain('for the network (line 1: import socket)');
    kernel.client.send('input_reply', { value: answer, status: 'ok' }, 'stdin', asked.header);
    const cell = await kernel.finished(id);
    expect(cell.reply['status']).toBe('ok');
    expect(cell.text.includes('ran\n')).toBe(runs);
    expect(verdicts(kernel)).toMatchObject([{ answered: runs, runs }]);
  });

  it('is not run where nobody can be asked, and the result says so', async () => {
    const kernel = await start({
      config: { profile: 'open' },
      replies: [
        { text: helper('import socket') },
        { text: 'Done.', match: 'nobody can be asked' },
        ...insisted,
      ],
    });
    expect((await kernel.run('Go.')).reply['status']).toBe('ok');
  });
});

describe('%sandbox', () => {
  it('shows what is in force, as it is found, and the profiles', async () => {
    const kernel = await start();
    const { text } = await kernel.run('%sandbox');
    expect(text).toContain('1 validation: profile strict');
    expect(text).toMatch(/2 isolation: system call filter, no capabilities, no new privileges, user \d+/);
    expect(text).toContain('every namespace its own');
    expect(text).toMatch(/3 limits: 4096 MB of memory, 128 processes.*MB and \d+ processes now/);
    expect(text).toMatch(/4 files: writable: .*\/workspace/);
    expect(text).toContain('5 network: devices: lo; no host may be reached');
    expect(text).toContain(kernel.auditDir);
    expect(text).toContain('network: deny');
  });

  it('says that there is none, where there is none', async () => {
    const kernel = await start({ config: { sandbox: 'none', audit: 'off' } });
    const { text } = await kernel.run('%sandbox');
    expect(text).toContain('REPLIQUE_SANDBOX=none');
    expect(text).toContain('no system call filter');
    expect(text).toContain('shared with the host: cgroup, ipc');
    expect(text).toContain('6 audit: off');
  });

  it('sets the profile with its hosts, and takes them back', async () => {
    const kernel = await start();
    expect((await kernel.run('%sandbox data')).text).toContain('pypi.org');
    expect((await kernel.run('%sandbox strict')).text).not.toContain('pypi.org');
    const wrong = await kernel.run('%sandbox wide');
    expect(wrong.reply).toMatchObject({ status: 'error', ename: 'SandboxProfile' });
    const changes = eventsIn(kernel.auditDir).filter((event) => kindOf(event) === 'sandbox-changed');
    expect(changes).toMatchObject([
      { profile: 'data', hosts: ['pypi.org', 'files.pythonhosted.org'] },
      { profile: 'strict', hosts: [] },
    ]);
  });
});
