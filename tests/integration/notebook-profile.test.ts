import { afterEach, describe, expect, it } from 'vitest';
import { eventsIn, kindOf } from '../support/audits.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import type { ProfileName } from '../../kernel/policy/profiles.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});

async function start(wanted: unknown, profile: ProfileName = 'strict'): Promise<KernelUnderTest> {
  const notebook = JSON.stringify({ cells: [], metadata: { replique: { profile: wanted } } });
  open = await KernelUnderTest.start({ config: { profile }, notebook, replies: [{ text: 'Done.' }] });
  return open;
}

const profileOf = async (kernel: KernelUnderTest): Promise<string | undefined> =>
  /profile (\w+)/.exec((await kernel.run('%sandbox')).text.replace(/^This notebook.*$/m, ''))?.[1];

/** Runs a cell as a client that can be asked, and answers. */
async function answered(kernel: KernelUnderTest, code: string, value: string): Promise<string> {
  const id = kernel.client.execute(code, { allow_stdin: true });
  const asked = await kernel.client.message(({ message }) => message.header.msg_type === 'input_request');
  kernel.client.send('input_reply', { value, status: 'ok' }, 'stdin', asked.header);
  expect((await kernel.finished(id)).reply['status']).toBe('ok');
  return String(asked.content['prompt']);
}

describe('the profile in a notebook’s metadata', () => {
  it('is set before the first cell where it is tighter, and told', async () => {
    const kernel = await start('strict', 'open');
    const first = await kernel.run('%sandbox');
    expect(JSON.stringify(first.outputs)).toContain('Profile **strict**, as this notebook asks');
    expect(first.text).toContain('1 validation: profile strict');
    expect(JSON.stringify((await kernel.run('Hello.')).outputs)).not.toContain('as this notebook asks');
    expect(eventsIn(kernel.auditDir).filter((event) => kindOf(event) === 'sandbox-changed')).toMatchObject([
      { profile: 'strict' },
    ]);
  });

  it.each([
    ['y', 'data'],
    ['n', 'strict'],
  ])('is asked of the person where it is looser, once: %s', async (answer, profile) => {
    const kernel = await start('data');
    expect(await profileOf(kernel)).toBe('strict');
    const prompt = await answered(kernel, '%%python\n1', answer);
    expect(prompt).toContain('asks for the profile data (as strict, and the Python package index)');
    expect(await profileOf(kernel)).toBe(profile);
    const allowed = (await kernel.run('%allow')).text.includes('pypi.org');
    expect(allowed).toBe(profile === 'data');
    expect((await kernel.run('Hello.', { allow_stdin: true })).reply['status']).toBe('ok');
  });

  it('stays as it is where nobody can be asked, and the cell says how to set it', async () => {
    const kernel = await start('open');
    const first = await kernel.run('Hello.');
    expect(JSON.stringify(first.outputs)).toContain('stays **strict**: `%sandbox open` sets it');
    expect(await profileOf(kernel)).toBe('strict');
  });

  it('does not ask for what the person has given', async () => {
    const kernel = await start('data');
    await kernel.run('%sandbox open');
    const cell = await kernel.run('Hello.', { allow_stdin: true });
    expect(JSON.stringify(cell.outputs)).not.toContain('notebook asks');
    expect(await profileOf(kernel)).toBe('open');
  });

  it.each([['none'], [7], [['open']], [null]])('that is none, %j, is the tightest', async (wanted) => {
    const kernel = await start(wanted, 'open');
    const first = await kernel.run('Hello.');
    expect(JSON.stringify(first.outputs)).toContain('is none of strict, data, open: **strict** is set');
    expect(await profileOf(kernel)).toBe('strict');
  });

  it.each(['', '{"metadata": ', '[]', '{"metadata": {"replique": "open"}}', '{"cells": []}'])(
    'of a file that holds none changes nothing: %j',
    async (notebook) => {
      open = await KernelUnderTest.start({ config: { profile: 'data' }, notebook });
      const shown = await open.run('%sandbox');
      expect(shown.text).toContain('1 validation: profile data');
      expect(JSON.stringify(shown.outputs)).not.toContain('otebook');
    },
  );
});
