import { readdirSync, readFileSync } from 'node:fs';
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
    await killedIn(before, before.client.execute('Wait.'), { shows: 'begun', step: 'time.sleep(600)' });
    const after = await home.start('k');
    const cell = await after.run('Which key?');
    expect(cell.reply).toMatchObject({ status: 'ok' });
    expect(cell.shown).toContain('Back is the conversation so far (2 prompts)');
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
    expect(cell.reply).toMatchObject({ status: 'ok' });
    expect(cell.shown).toContain('Back is the conversation so far (2 prompts)');
    expect(peer.given[2]).toMatch(/It is 4711\.[^]*Tell me a story[^]*You did not answer this[^]*Which key/);
    expect(peer.given[2]).not.toContain('Once upon a');
  });
});
