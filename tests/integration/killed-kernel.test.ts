import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chatScriptPeer, type ChatReply, type ChatScriptPeer } from '../support/chat-script-peer.ts';
import { helper } from '../support/jupyter.ts';
import { processesNaming, stillRunning } from '../support/process-tree.ts';
import { KernelHome, type SpawnedKernel } from '../support/spawned-kernel.ts';

let peer: ChatScriptPeer;
let home: KernelHome;

/** The model answers so, one reply a call, whichever kernel asks. */
async function replies(...script: readonly ChatReply[]): Promise<void> {
  peer = await chatScriptPeer(script);
  home = new KernelHome({ REPLIQUE_PROVIDER: 'openai', OPENAI_BASE_URL: peer.url });
}
afterEach(async () => {
  await home.close();
  await peer.close();
});

const patience = { timeout: 15_000 };

/** All that is saved of sessions. */
const saved = (): string =>
  readdirSync(home.sessionsDir)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(home.sessionsDir, name), 'utf8'))
    .join('\n');

/** Kills the kernel when the running cell shows these words and the step before is saved; waits until nothing of it is left. */
async function killedIn(
  kernel: SpawnedKernel,
  cell: string,
  { shows, step }: { readonly shows: string; readonly step: string },
): Promise<void> {
  await expect.poll(() => kernel.shown(cell), patience).toContain(shows);
  await expect.poll(saved, patience).toContain(step);
  const processes = kernel.processes();
  expect(processes.length).toBeGreaterThan(1);
  await kernel.kill();
  await expect.poll(() => [...stillRunning(processes), ...processesNaming(home.top)], patience).toEqual([]);
}

const stuck = helper(
  'open("half", "w").write("done")\nprint("be" + "gun", flush=True)\nimport time\ntime.sleep(600)',
);
const asked = 'The key is 4711. Say it.';
const told = [{ text: 'It is 4711.' }];

describe('a kernel killed by SIGKILL', { timeout: 90_000 }, () => {
  it('in the middle of a helper: the conversation is back up to it, and the model is told that it was lost', async () => {
    await replies(
      ...told,
      { text: stuck },
      { text: 'The key is 4711.' },
      { text: helper('print(open("half").read())') },
      { text: 'Done.' },
    );
    const before = await home.start('k');
    await before.run(asked);
    expect(saved()).toContain('It is 4711.');
    await killedIn(before, before.client.execute('Wait.'), { shows: 'begun', step: 'time.sleep(600)' });
    const after = await home.start('k');
    const cell = await after.run('Which key?');
    expect(cell.reply).toMatchObject({ status: 'ok', execution_count: 3 });
    expect(cell.shown).toMatch(
      /Back is the conversation so far \(2 prompts\).*A helper ran then: its result is lost\./,
    );
    expect(peer.given[2]).toMatch(
      /The key is 4711[^]*It is 4711\.[^]*Wait\.[^]*time\.sleep\(600\)[^]*<result status="died">[^]*the variables of before are gone[^]*Which key/,
    );
    const next = await after.run('And the file?');
    expect(next.reply).toMatchObject({ status: 'ok' });
    expect(peer.given.at(-1)).toMatch(
      /Which key[^]*The key is 4711\.[^]*And the file[^]*<result status="ok">[^]*done/,
    );
  });

  it('in the middle of a turn: the conversation is back without the half turn, and the model is told that it did not answer', async () => {
    await replies(...told, { text: 'Once upon a', end: 'stall' }, { text: 'The key is 4711.' });
    const before = await home.start('k');
    await before.run(asked);
    await killedIn(before, before.client.execute('Tell me a story.'), {
      ...{ shows: 'Once upon a', step: 'Tell me a story.' },
    });
    const after = await home.start('k');
    const cell = await after.run('Which key?');
    expect(cell.reply).toMatchObject({ status: 'ok', execution_count: 3 });
    expect(cell.shown).toMatch(
      /Back is the conversation so far \(2 prompts\).*The last prompt was not answered/,
    );
    expect(peer.given[2]).toMatch(/It is 4711\.[^]*Tell me a story[^]*You did not answer this[^]*Which key/);
    expect(peer.given[2]).not.toContain('Once upon a');
  });
});

describe('the timeline of a killed kernel', { timeout: 90_000 }, () => {
  const timelines = (): string => join(home.top, 'data', 'replique', 'timeline');

  it('has a prompt, and a move, as soon as it is answered', async () => {
    await replies(...told);
    const before = await home.start('k');
    await before.client.reply(before.client.execute('First.'));
    await before.kill();
    const after = await home.start('k');
    await after.run('Second.');
    await after.client.reply(after.client.execute('%undo'));
    await after.kill();
    const last = await home.start('k');
    const { shown } = await last.run('%branches');
    expect(shown).toMatch(/First\.[^]*Second\.[^]*left-1/);
    await last.run('Third.');
    expect(peer.given.at(-1)).toMatch(/First\.[^]*Third\./);
    expect(peer.given.at(-1)).not.toContain('Second.');
  });

  it('and the conversation are of one place, where it was killed between the two in a move', async () => {
    await replies(...told);
    const before = await home.start('k');
    await before.run('First.');
    await before.run('Second.');
    const conversations = readdirSync(home.sessionsDir).map((name) => join(home.sessionsDir, name));
    const asBefore = conversations.map((file) => readFileSync(file));
    await before.client.reply(before.client.execute('%undo'));
    await before.kill();
    for (const [at, file] of conversations.entries()) writeFileSync(file, asBefore[at]!);
    const after = await home.start('k');
    await after.run('Third.');
    expect(peer.given.at(-1)).toMatch(/First\.[^]*Third\./);
    expect(peer.given.at(-1)).not.toContain('Second.');
    expect((await after.run('%branches')).shown).toMatch(/Second\.[^]*Third\.|Third\.[^]*Second\./);
  });

  it('comes back though the kernel after it was killed before it had taken it up', async () => {
    await replies(...told);
    const first = await home.start('k');
    await first.run('First.');
    await first.kill();
    const [mine] = readdirSync(timelines());
    const second = await home.start('k');
    await second.run('Second.');
    await second.kill();
    for (const name of readdirSync(timelines()))
      if (name !== mine) rmSync(join(timelines(), name), { recursive: true });
    const { shown } = await (await home.start('k')).run('%branches');
    expect(shown).toContain('First.');
  });
});

describe('a kernel killed before its first prompt, or after a move to before it', { timeout: 90_000 }, () => {
  it('comes back with the memory and the numbers of code cells alone', async () => {
    await replies({ text: 'Six.' });
    const before = await home.start('k');
    await before.run('%%python\nx = 6');
    await expect.poll(saved, patience).toContain('x = 6');
    await before.kill();
    const after = await home.start('k');
    const { reply, shown } = await after.run('%%python\nprint("x is", x)');
    expect(reply).toMatchObject({ status: 'ok', execution_count: 2 });
    expect(shown).toMatch(/Back are the code cells so far[^]*rebuilt by running 1 piece of code[^]*x is 6/);
    await after.run('What is x?');
    expect(peer.given[0]).toMatch(/x = 6[^]*print[^]*What is x/);
  });

  it.each([
    ['a branch is all there is', ['%branch early'], 'early'],
    ['a branch is left as the first cell, and gone back to', ['%branch early', '%checkout main'], 'early'],
    ['a rewind leads to the beginning', ['First.', '%rewind 1'], 'left-1'],
    ['a rewind leads to before all code', ['%%python\nx = 6', '%rewind 1'], 'left-1'],
    ['a branch follows code', ['%%python\nx = 6', '%branch later'], 'later'],
  ])('gives no number again, and lacks no branch, where %s', async (_, cells, branch) => {
    await replies(...told);
    let last = await home.start('k');
    for (const cell of cells.slice(0, -1)) await last.run(cell);
    const { content } = await last.client.reply(last.client.execute(cells.at(-1) ?? ''));
    expect(content).toMatchObject({ status: 'ok', execution_count: cells.length });
    await last.kill();
    last = await home.start('k');
    const { reply, shown } = await last.run('%branches');
    expect(reply).toMatchObject({ status: 'ok', execution_count: cells.length + 1 });
    expect(shown).toContain(branch);
    const prompt = await last.run('And now?');
    expect(prompt.reply).toMatchObject({ status: 'ok', execution_count: cells.length + 2 });
    await last.kill();
    const drawn = await (await home.start('k')).run('%branches');
    expect(drawn.shown).toMatch(new RegExp(`And now[^]*${branch}|${branch}[^]*And now`));
  });
});

describe('a kernel killed before it has taken up the timeline that came back', { timeout: 90_000 }, () => {
  it('loses nothing of it, though something has run beside cells meanwhile', async () => {
    await replies(...told);
    const first = await home.start('k');
    await first.run('%%python\nx = 6');
    await first.client.reply(first.client.execute('%branch early'));
    await first.kill();
    const second = await home.start('k');
    for (const one of ['1', '2'])
      await second.client.done(second.client.execute('%help', { user_expressions: { one } }));
    await expect.poll(saved, patience).toContain('"executionCount":4');
    await second.kill();
    const third = await home.start('k');
    const { shown } = await third.run('%%python\nprint("x is", x)');
    expect(shown).toMatch(/rebuilt by running 1 piece of code[^]*x is 6/);
    expect(shown).not.toContain('was not answered');
    expect((await third.run('%branches')).shown).toContain('early');
  });
});

describe('the files of a kernel killed while Python’s memory is rebuilt', { timeout: 90_000 }, () => {
  const at = (name: string): string => join(home.top, 'workspace', name);
  const file = (name: string): string | undefined =>
    existsSync(at(name)) ? readFileSync(at(name), 'utf8') : undefined;
  const kept = (): string =>
    readdirSync(join(home.top, 'data', 'replique', 'timeline'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(join(home.top, 'data', 'replique', 'timeline', name), 'utf8'))
      .join('');
  /** Where it has run before, it does not come to its end; a notebook's file is nobody's in the timeline. */
  const slowAgain = `%%python
import os, time
again = os.path.exists('ran.ipynb')
open('ran.ipynb', 'w').close()
n = open('edited.txt', 'w').write('of the code')
f = open('slow.txt', 'w')
n = f.write('half')
f.flush()
if again: time.sleep(600)
n = f.write(' and whole')
f.close()`;

  it('are whole as soon as the next one has begun, also what a person changed, and nothing is lost', async () => {
    await replies(...told);
    const first = await home.start('k');
    await first.run(slowAgain);
    await first.run('%%python\nn = open("quick.txt", "w").write("quick")');
    await expect.poll(kept, patience).toMatch(/"delta":[^\n]*quick\.txt/);
    await first.kill();
    writeFileSync(at('edited.txt'), 'of a person');
    const second = await home.start('k');
    second.client.execute('%branches');
    await expect
      .poll(() => ['slow.txt', 'quick.txt', 'edited.txt'].map(file), patience)
      .toEqual(['half', undefined, 'of the code']);
    await second.kill();
    rmSync(at('ran.ipynb'));
    const third = await home.start('k');
    await expect
      .poll(() => ['slow.txt', 'quick.txt', 'edited.txt'].map(file), patience)
      .toEqual(['half and whole', 'quick', 'of a person']);
    const { shown } = await third.run('%%python\nprint("again:", again)');
    expect(shown).toMatch(
      /killed while it moved files[^]*edited\.txt, quick\.txt and slow\.txt[^]*again: False/,
    );
    const [, aside = ''] = /What was in slow\.txt instead is kept in ([^ ]+)\./.exec(shown) ?? [];
    expect(readdirSync(aside).map((name) => readFileSync(join(aside, name), 'utf8'))).toEqual(['half']);
    expect(['slow.txt', 'quick.txt', 'edited.txt'].map(file)).toEqual([
      ...['half and whole', 'quick', 'of a person'],
    ]);
    expect(readdirSync(join(home.top, 'data', 'replique', 'timeline', 'moves'))).toEqual([]);
  });

  it('are not changed by it, though what the last cells did to them was not kept', async () => {
    await replies(...told);
    const first = await home.start('k');
    await first.run('Hello.');
    const code =
      '%%python\nimport time\nwith open("log.txt", "a") as log: n = log.write("once ")\ntime.sleep(0.04)';
    for (let cell = 0; cell < 80; cell += 1) first.client.execute(code, { stop_on_error: false });
    await expect.poll(() => (kept().match(/log\.txt/g) ?? []).length, patience).toBeGreaterThan(15);
    await first.kill();
    const before = file('log.txt');
    const second = await home.start('k');
    expect((await second.run('%branches')).shown).toContain('rebuilt by running');
    expect(file('log.txt')).toBe(before);
  });
});

describe('a conversation of a notebook', { timeout: 90_000 }, () => {
  const [mine, others] = ['/home/me/mine.ipynb', '/home/me/others.ipynb'];

  it('comes back in a kernel of another id, after a crash, and in none of another notebook', async () => {
    await replies(...told, { text: 'Hello.' }, { text: 'The key is 4711.' });
    const before = await home.start('one', mine);
    await before.run(asked);
    await expect.poll(saved, patience).toContain('It is 4711.');
    await before.kill();
    const stranger = await (await home.start('two', others)).run('Hello.');
    expect(stranger.shown).not.toContain('Back is');
    expect(peer.given[1]).not.toContain('4711');
    const after = await (await home.start('three', mine)).run('Which key?');
    expect(after.shown).toContain('Back is the conversation so far (1 prompt)');
    expect(after.reply).toMatchObject({ status: 'ok', execution_count: 2 });
    expect(peer.given[2]).toMatch(/It is 4711\.[^]*Which key/);
  });

  it('that ended in order comes back in a kernel of another id only when asked for', async () => {
    await replies(...told, { text: 'Hello.' }, { text: 'The key is 4711.' });
    const before = await home.start('one', mine);
    await before.run(asked);
    before.client.send('shutdown_request', { restart: false }, 'control');
    await before.ended();
    const after = await home.start('two', mine);
    expect((await after.run('Hello.')).shown).not.toMatch(/Back is|put away/);
    expect(peer.given[1]).not.toContain('4711');
    expect((await after.run('%resume')).shown).toContain('is back (1 prompt)');
    await after.run('Which key?');
    expect(peer.given[2]).toMatch(/It is 4711\.[^]*Hello\.[^]*Which key/);
  });
});

describe('a restart of a kernel that is busy in a helper', { timeout: 90_000 }, () => {
  /** It does not end when it is asked to. */
  const stubborn = helper(
    'import time\nwhile True:\n    try:\n        print("be" + "gun", flush=True)\n        time.sleep(600)\n    except KeyboardInterrupt:\n        pass',
  );

  it('begins afresh, though its client kills it meanwhile', async () => {
    await replies(...told, { text: stubborn }, { text: 'Hello.' });
    const before = await home.start('k');
    await before.run(asked);
    const cell = before.client.execute('Wait.');
    await expect.poll(() => before.shown(cell), patience).toContain('begun');
    before.client.send('shutdown_request', { restart: true }, 'control');
    await expect.poll(saved, { ...patience, interval: 5 }).toContain('"ended":"restart"');
    await before.kill();
    const fresh = await (await home.start('k')).run('Hello.');
    expect(fresh.shown).toContain('A fresh start: the conversation so far (2 prompts) is put away.');
    expect(fresh.reply).toMatchObject({ status: 'ok', execution_count: 1 });
    expect(peer.given.at(-1)).not.toContain('4711');
  });
});
