import { expect, it } from 'vitest';
import { runCommand } from '../../../server/cli/setup/run-command.ts';
import { stillRunning, treeOf } from '../../support/process-tree.ts';

const parent = ['-c', 'sleep 600 & echo $!; wait'];

it('a program that is tied ends when the signal comes, with what it has started', async () => {
  const quit = new AbortController();
  let child = 0;
  const onLine = (line: string) => {
    child = Number(line);
    quit.abort();
  };
  const { status } = await runCommand('/bin/sh', parent, { tied: true, signal: quit.signal, onLine });
  expect(status).not.toBe(0);
  await expect.poll(() => stillRunning(treeOf(child))).toEqual([]);
});

it('one that is tied does not begin after the signal, and else ends as it does', async () => {
  const signal = AbortSignal.abort();
  expect((await runCommand('/bin/sh', parent, { tied: true, signal })).status).not.toBe(0);
  const ends = await runCommand('/bin/sh', ['-c', 'echo said; echo why >&2; cat; exit 7'], { tied: true });
  expect(ends).toEqual({ status: 7, stdout: 'said\n', stderr: 'why\n' });
});

it('nothing that a tied program started outlives it', async () => {
  const { stdout } = await runCommand('/bin/sh', ['-c', 'sleep 600 >/dev/null 2>&1 & echo $!'], {
    tied: true,
  });
  await expect.poll(() => stillRunning(treeOf(Number(stdout)))).toEqual([]);
});
