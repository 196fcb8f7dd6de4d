import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lookCrashed } from '../support/crashed-sessions.ts';
import { KernelUnderTest } from '../support/kernels.ts';

let sessionsDir: string;
let open: KernelUnderTest | undefined;
beforeEach(() => {
  sessionsDir = mkdtempSync(join(tmpdir(), 'replique-sessions-'));
});
afterEach(async () => {
  await open?.end();
  open = undefined;
  rmSync(sessionsDir, { recursive: true, force: true });
});

const helper = '<helpers lang="python">\nx = 6 * 7\nprint(x)\n</helpers>';
const first = [{ text: helper }, { text: 'It is 42.' }];
type Replies = NonNullable<Parameters<typeof KernelUnderTest.start>[0]>['replies'];

/** A kernel of that id; the one before it is ended, without a word to it. */
async function start(replies: Replies, given: object = {}): Promise<KernelUnderTest> {
  await open?.end();
  open = await KernelUnderTest.start({ kernelId: 'k1', sessionsDir, ...given, ...(replies && { replies }) });
  return open;
}

/** A kernel has answered the first prompt, and ended without a word to it. */
async function asked(given: object = {}): Promise<void> {
  const kernel = await start(first, given);
  await kernel.run('How much is it?');
  await kernel.end();
  open = undefined;
}

const shown = (cell: { readonly outputs: readonly unknown[] }): string => JSON.stringify(cell.outputs);
const files = (): string[] => readdirSync(sessionsDir).filter((name) => name.endsWith('.json'));

const crash = (): void => lookCrashed(sessionsDir);

/** Shuts the kernel down as a client does. */
async function shutDown(kernel: KernelUnderTest, restart: boolean): Promise<void> {
  kernel.client.send('shutdown_request', { restart }, 'control');
  await kernel.kernel.closed;
}

describe('a conversation', () => {
  it('comes back by itself after a crash of its kernel, and the cell says so', async () => {
    await asked();
    crash();
    const kernel = await start([{ text: 'As I said, 42.' }]);
    const cell = await kernel.run('And again?');
    expect(cell.reply['status']).toBe('ok');
    expect(shown(cell)).toContain('Back is the conversation so far (1 prompt)');
    expect(shown(cell)).toContain('Python began anew');
    await expect
      .poll(newestTalk)
      .toMatch(
        /How much is it[^]*<result status="ok">[^]*42[^]*It is 42[^]*the variables of before[^]*And again[^]*As I said/,
      );
    expect(shown(await kernel.run('%help'))).not.toContain('Back is');
  });

  it('that ended with code of one’s own is not said to have been broken off', async () => {
    const before = await start(first);
    await before.run('How much is it?');
    await before.run('%%python\nprint(1 + 1)');
    await before.end();
    open = undefined;
    crash();
    const kernel = await start([{ text: 'As I said, 42.' }]);
    expect(shown(await kernel.run('And again?'))).not.toMatch(/was not answered|is lost/);
    await expect.poll(newestTalk).toContain('As I said');
    expect(newestTalk()).not.toContain('You did not answer');
  });

  it('is whole up to the step at which its kernel died', async () => {
    const before = await start([{ text: helper }, { text: 'waits', delayMs: 60_000 }]);
    const id = before.client.execute('How much is it?');
    await expect
      .poll(() => JSON.stringify(files().map(contentOf)), { timeout: 10_000 })
      .toContain('<result status');
    before.kernel.interrupt();
    await before.finished(id);
    expect(files()).toHaveLength(1);
  });

  it('is put away by a restart; %resume brings it back, in the middle of another one, too', async () => {
    const before = await start(first);
    await before.run('How much is it?');
    await shutDown(before, true);
    const kernel = await start([{ text: 'Fresh.' }, { text: 'Known.' }]);
    const fresh = await kernel.run('Hello.');
    expect(shown(fresh)).toContain(
      'A fresh start: the conversation so far (1 prompt) is put away. `%resume` brings',
    );
    expect((await kernel.run('%resume list')).text).toMatch(
      /^1: [\d-]+ [\d:]+ UTC, 1 prompts: How much is it\?$/m,
    );
    const resumed = await kernel.run('%resume');
    expect(shown(resumed)).toMatch(/is back \(1 prompt\)/);
    const after = await kernel.run('What did I ask?');
    expect(after.reply['status']).toBe('ok');
    await expect
      .poll(newestTalk)
      .toMatch(/How much is it[^]*It is 42[^]*Hello[^]*Fresh[^]*What did I ask[^]*Known/);
    expect((await kernel.run('%resume 7')).reply).toMatchObject({ ename: 'NothingToResume' });
  });

  it('is put away, too, by a restart after a crash, before any cell', async () => {
    await asked();
    crash();
    await shutDown(await start([]), true);
    const kernel = await start([{ text: 'Hi.' }]);
    expect(shown(await kernel.run('Hello.'))).toContain('is put away. `%resume` brings');
    await expect.poll(newestTalk).toMatch(/^Hello/m);
    expect(newestTalk()).not.toContain('How much is it');
  });

  it('that has come back is not taken up by another kernel of the notebook, too', async () => {
    const notebook = '{}';
    await asked({ notebook });
    crash();
    const [old = ''] = files();
    const kernel = await start([{ text: 'Yes.' }]);
    expect(shown(await kernel.run('Again?'))).toContain('Back is');
    await expect.poll(() => (contentOf(old) as { ended?: string }).ended).toBe('end');
    expect(newestTalk()).toContain('Again?');
  });

  it('does not come back by itself where that is not wanted', async () => {
    await asked();
    crash();
    const kernel = await start([{ text: 'Hi.' }], {
      config: { resume: 'ask' },
    });
    expect(shown(await kernel.run('Hello.'))).not.toContain('Back is');
    expect(shown(await kernel.run('%resume'))).toContain('is back');
  });

  it('goes on with the numbers of its cells, and begins anew with them after a restart', async () => {
    const before = await start([{ text: 'One.' }, { text: 'Two.' }]);
    await before.run('1?');
    await before.run('2?');
    await before.end();
    open = undefined;
    crash();
    const after = await start([{ text: 'Three.' }]);
    expect((await after.run('', { silent: true })).reply['execution_count']).toBe(2);
    expect((await after.run('3?')).reply['execution_count']).toBe(3);
    await shutDown(after, true);
    const fresh = await start([{ text: 'One.' }]);
    expect((await fresh.run('1?')).reply['execution_count']).toBe(1);
  });

  it('keeps the numbers of its cells over one crash after the other', async () => {
    await asked();
    crash();
    await (await start([])).run('%help');
    await open?.end();
    open = undefined;
    crash();
    const kernel = await start([{ text: 'Three.' }]);
    expect((await kernel.run('3?')).reply['execution_count']).toBe(3);
  });

  it('that no later kernel could find is not kept after an orderly end', async () => {
    const kernel = await start(first);
    await kernel.run('How much is it?');
    await expect.poll(files).toHaveLength(1);
    await shutDown(kernel, false);
    expect(files()).toEqual([]);
  });

  it('of a kernel that still runs is left alone', async () => {
    const one = await start(first);
    await one.run('How much is it?');
    const two = await KernelUnderTest.start({
      ...{ kernelId: 'k1', sessionsDir },
      replies: [{ text: 'Hi.' }],
    });
    try {
      expect(shown(await two.run('Hello.'))).not.toContain('Back is');
      await expect.poll(files).toHaveLength(2);
    } finally {
      await two.end();
    }
  });

  it('is stored for no one else’s eyes, and without secrets', async () => {
    const config = { openaiApiKey: 'sk-verysecret' };
    const kernel = await start([{ text: 'You said sk-verysecret.' }], { config });
    await kernel.run('My key is sk-verysecret.');
    await expect.poll(() => JSON.stringify(files().map(contentOf))).toContain('You said [redacted]');
    const [name = ''] = files();
    expect(readFileSync(join(sessionsDir, name), 'utf8')).not.toContain('verysecret');
    expect(statSync(join(sessionsDir, name)).mode & 0o777).toBe(0o600);
  });

  it('that can’t be saved costs a notice, once, and no cell', async () => {
    const blocked = join(sessionsDir, 'file');
    writeFileSync(blocked, '');
    const kernel = await start([{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }], {
      sessionsDir: blocked,
    });
    expect((await kernel.run('1?')).reply['status']).toBe('ok');
    expect(shown(await kernel.run('2?'))).toContain('can’t be saved, so a crash would lose it');
    expect(shown(await kernel.run('3?'))).not.toContain('a crash would lose it:');
  });

  it('that can’t be saved at its kernel’s end is told of in the log', async () => {
    const blocked = join(sessionsDir, 'file');
    writeFileSync(blocked, '');
    const kernel = await start([{ text: 'One.' }], { sessionsDir: blocked });
    await kernel.run('1?');
    await shutDown(kernel, true);
    expect(kernel.logged.at(-1)).toMatch(
      /^The kernel ends, and this conversation can’t be saved, so it is lost: /,
    );
  });

  it.each([
    ['no JSON', '{"version": 1'],
    ['another form', '{"version": 1, "talk": []}'],
    ['deep', '['.repeat(200_000)],
  ])('whose file is broken (%s) is set aside, and the cell says so', async (_, text) => {
    await asked();
    const [name = ''] = files();
    writeFileSync(join(sessionsDir, name), text);
    const kernel = await start([{ text: 'Hi.' }]);
    const cell = await kernel.run('Hello.');
    expect(cell.reply['status']).toBe('ok');
    expect(shown(cell)).toContain('It was set aside as');
    expect(readdirSync(sessionsDir)).toContain(`${name}.broken`);
  });

  it('whose file is a directory harms nobody', async () => {
    await asked();
    const [name = ''] = files();
    rmSync(join(sessionsDir, name));
    mkdirSync(join(sessionsDir, name));
    const kernel = await start([{ text: 'Hi.' }]);
    expect(shown(await kernel.run('Hello.'))).toContain('A saved conversation can');
  });
});

/** All that was said, in order, in the session that was saved last. */
function newestTalk(): string {
  const [newest] = files().sort(
    (a, b) => statSync(join(sessionsDir, b)).mtimeMs - statSync(join(sessionsDir, a)).mtimeMs,
  );
  if (newest === undefined) return '';
  const { talk } = contentOf(newest) as { talk: { entries: { parts: { text: string }[] }[] } };
  return talk.entries.flatMap(({ parts }) => parts.map(({ text }) => text)).join('\n');
}

function contentOf(name: string): unknown {
  return JSON.parse(readFileSync(join(sessionsDir, name), 'utf8'));
}
