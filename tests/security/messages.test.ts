import { afterAll, describe, expect, it } from 'vitest';
import type { WorkerOutput } from '../../kernel/sandbox/contract.ts';
import { run, Workers } from '../support/workers.ts';

/** Code that floods the kernel with messages: it waits, the kernel does not. */

const workers = new Workers();
afterAll(() => workers.close());

const slow = /200 messages a second.*REPLIQUE_MESSAGES_PER_SECOND/;
const numbersOf = (outputs: readonly WorkerOutput[]): readonly number[] =>
  outputs.flatMap((output) => {
    if (output.kind !== 'display' && output.kind !== 'update_display') return [];
    const text = output.data['text/plain'];
    return text === undefined ? [] : [Number(text)];
  });
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe('messages per second', () => {
  it.each([
    ['displays', 'from IPython.display import display\nfor i in range(2800): display(i)'],
    ['updates', 'h = display(display_id=True)\nfor i in range(2800): h.update(i)'],
  ])('slow %s down beyond the limit; all come, in order, and it is said', async (_, code) => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { messagesPerSecond: 200 } });
    const { status, notice, outputs } = await run(worker, code);
    expect(status).toBe('ok');
    expect(notice).toMatch(slow);
    expect(numbersOf(outputs)).toEqual(upTo(2800));
    expect((await run(worker, '1')).notice).toBeUndefined();
  });

  it('lose no text that changes between the streams, whose end is read late', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { messagesPerSecond: 200 } });
    const code =
      'import sys\nfor i in range(3000):\n  print(i)\n  print(i, file=sys.stderr)\nprint("last words")';
    const { stdout, stderr } = await run(worker, code);
    const lines = upTo(3000)
      .map((number) => `${number}\n`)
      .join('');
    expect(stdout).toBe(`${lines}last words\n`);
    expect(stderr).toBe(lines);
  });

  it('bound what an endless flood brings, and it can be stopped', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { messagesPerSecond: 20 } });
    const code = 'from IPython.display import clear_output\nwhile True: clear_output()';
    const { status, outputs } = await run(worker, code, { timeoutMs: 2_000 });
    expect(status).toBe('timeout');
    // What is sent at once, what lay in the channel, and what came while it was stopped; without the limit over 50,000.
    expect(outputs.length).toBeLessThan(15_000);
    expect(await run(worker, 'print("on")')).toMatchObject({ status: 'ok', stdout: 'on\n' });
  });

  it('are heard to the end when the flooding process dies', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { messagesPerSecond: 200 } });
    const code = `import os, signal
from IPython.display import display
for i in range(2500): display(i)
os.kill(os.getpid(), signal.SIGKILL)`;
    const { status, outputs } = await run(worker, code);
    expect(status).toBe('died');
    expect(numbersOf(outputs)).toEqual(upTo(2500));
  });

  it.each([
    ['prints', 'for i in range(20000): print(i)'],
    ['prints to both streams', 'import sys\nfor i in range(20000):\n  print(i)\n  print(i, file=sys.stderr)'],
    ['displays', 'from IPython.display import display\nfor i in range(20000): display(i)'],
    [
      'changes',
      'from IPython.display import clear_output\nfor i in range(10000):\n  clear_output(); print(i)',
    ],
  ])('are no matter for 20,000 %s, as they are', async (_, code) => {
    const { worker } = workers.create({ isolation: 'bubblewrap' });
    expect((await run(worker, code)).notice).toBeUndefined();
  });
});
