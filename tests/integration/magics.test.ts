import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KernelUnderTest } from '../support/kernels.ts';

let dataHome: string;
let set: string | undefined;
let open: KernelUnderTest | undefined;
beforeEach(() => {
  dataHome = mkdtempSync(join(tmpdir(), 'replique-data-'));
  set = process.env['XDG_DATA_HOME'];
});
afterEach(async () => {
  await open?.end();
  open = undefined;
  if (set === undefined) delete process.env['XDG_DATA_HOME'];
  else process.env['XDG_DATA_HOME'] = set;
  rmSync(dataHome, { recursive: true, force: true });
});

async function start(given: Parameters<typeof KernelUnderTest.start>[0] = {}): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start(given);
  return open;
}

describe('what completes a command', () => {
  it('fits what stands before it', async () => {
    const kernel = await start();
    const completed = async (code: string): Promise<readonly unknown[]> => {
      const { content } = await kernel.client.ask('complete_request', { code, cursor_pos: code.length });
      return content['matches'] as readonly unknown[];
    };
    expect(await completed('%rewind ')).toEqual(['auto', 'ask', 'off']);
    expect(await completed('%rewind auto ')).toEqual(['all']);
    expect(await completed('%rewind 3 ')).toEqual([]);
    expect(await completed('%diff ')).toEqual(['main']);
    expect(await completed('%diff main ')).toEqual(['main']);
    expect(await completed('%diff main main ')).toEqual([]);
    expect(await completed('%checkout ')).toEqual(['main']);
    expect(await completed('%checkout main ')).toEqual([]);
    expect(await completed('%model mo')).toEqual(['mock:mock']);
    expect(await completed('%model mock:mock ')).toEqual([]);
    expect(await completed('%resume ')).toEqual(['list']);
    expect(await completed('%resume list ')).toEqual([]);
    expect(await completed('%allow ')).toEqual(['-d']);
    expect(await completed('%allow example.org ')).toEqual([]);
    expect(await completed('%sandbox ')).toEqual(['strict', 'data', 'open']);
    expect(await completed('%sandbox data ')).toEqual([]);
  });
});

describe('%budget', () => {
  it('sets what may be used, and says how it is written where it is not', async () => {
    const kernel = await start();
    expect((await kernel.run('%budget cell 500 tokens; session $0.25')).text).toMatch(
      /cell: 500 tokens .*\nsession: \$0\.25/,
    );
    const wrong = await kernel.run('%budget much');
    expect(wrong.reply).toMatchObject({ status: 'error', ename: 'InvalidBudget' });
    expect((await kernel.run('%budget')).text).toContain('cell: 500 tokens');
  });
});

describe('%cost', () => {
  it('says that nothing was used, and where the day can’t be counted, why', async () => {
    process.env['XDG_DATA_HOME'] = dataHome;
    const kernel = await start({ replies: [{ text: 'Hi.' }] });
    expect((await kernel.run('%cost')).text).toBe('Nothing was used yet.');
    await kernel.end();
    open = undefined;
    rmSync(dataHome, { recursive: true, force: true });
    mkdirSync(join(dataHome, 'replique', 'usage.sqlite'), { recursive: true });
    const other = await start({ replies: [{ text: 'Hi.' }] });
    expect((await other.run('Hello.')).text).toContain('Hi.');
    expect((await other.run('%cost')).text).toMatch(
      /last prompt, mock:.*\n[^]*is not recorded for the day: ./,
    );
  });
});

describe('%resume', () => {
  it('says so where there is nothing to come back', async () => {
    const kernel = await start();
    const none = 'There is no earlier conversation of this notebook.';
    expect((await kernel.run('%resume list')).text).toBe(none);
    expect((await kernel.run('%resume')).reply).toMatchObject({ ename: 'NothingToResume', evalue: none });
    for (const wrong of ['x', '0', '-1', '1.5'])
      expect((await kernel.run(`%resume ${wrong}`)).reply).toMatchObject({
        evalue: `There is no earlier conversation ${wrong}: \`%resume list\` shows them.`,
      });
  });
});

describe('%rewind', () => {
  it('alone says what is set', async () => {
    const kernel = await start();
    expect((await kernel.run('%rewind')).text).toBe(
      'Running a prompt cell again goes back to before its first run; running a code cell again goes back to nothing.',
    );
    for (const wrong of ['%rewind 3 all', '%rewind auto some', '%rewind auto all more'])
      expect((await kernel.run(wrong)).reply).toMatchObject({ ename: 'InvalidRewind' });
  });
});

describe('a command that is not there', () => {
  it.each(['%nothing', '%%nothing\ntext'])('%j is said to be none', async (code) => {
    const kernel = await start();
    const { reply } = await kernel.run(code);
    expect(reply['status']).toBe('error');
    expect(reply['evalue']).toContain(code.split('\n')[0]);
  });
});
