import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { record, type Seen } from '../../../kernel/sandbox/protected/record.ts';
import { restore } from '../../../kernel/sandbox/protected/restore.ts';

/** What the host could not look at for a moment, because it had no descriptors left, stays what it is. */

let workspace: string;
const mine = ['.env', 'work.ipynb', 'sub/.env', 'sub/.git/config', '.git/config', '.git/hooks/mine'];
const later = ['.bashrc', 'sub/.bashrc'];
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'replique-unseen-'));
  for (const path of ['sub/.git', '.git/hooks']) mkdirSync(join(workspace, path), { recursive: true });
  for (const path of mine) writeFileSync(join(workspace, path), 'mine');
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const look = (): Promise<Seen> => record({ workspace, isOwn: () => false, since: 0n });
const limit = (soft: string): void => {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`]);
  if (status !== 0) throw new Error(stderr.toString());
};
const softLimit = (): string => /open files +(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))![1]!;

/** Looks with no more than that many free descriptors. */
async function lookWith(free: number): Promise<Seen> {
  const before = softLimit();
  const taken: number[] = [];
  limit('300');
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    for (const descriptor of taken.splice(0, free)) closeSync(descriptor);
    return await look();
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
    limit(before);
  }
}

/** Until the clock of files has moved on from what is there. */
const tick = (): Promise<void> => {
  const mark = statSync(join(workspace, mine.at(-1)!)).ctimeMs;
  return vi.waitFor(() => expect(Date.now() - mark).toBeGreaterThan(30), 20_000);
};

describe.runIf(process.platform === 'linux')('with few descriptors left', () => {
  it.each([0, 1, 2, 3, 4])('%i of them, nothing that was there is taken away', async (free) => {
    const before = await lookWith(free);
    await tick();
    const began = BigInt(Date.now() - 10) * 1_000_000n;
    for (const path of later) writeFileSync(join(workspace, path), 'a helper’s');
    const undone = await restore(workspace, before, await look(), {
      began,
      setAside: () => Promise.resolve(true),
    });
    for (const path of mine) expect(readFileSync(join(workspace, path), 'utf8'), path).toBe('mine');
    for (const path of later) expect(existsSync(join(workspace, path)), path).toBe(false);
    expect(undone.map(({ path }) => path).sort()).toEqual(later);
  });

  it('while it looks again, what was changed is kept beside what is put back', async () => {
    const before = await look();
    await tick();
    const began = BigInt(Date.now() - 10) * 1_000_000n;
    writeFileSync(join(workspace, '.env'), 'saved meanwhile');
    const kept: string[] = [];
    const setAside = (path: string): Promise<boolean> => Promise.resolve(kept.push(path) > 0);
    const undone = await restore(workspace, before, await lookWith(1), { began, setAside });
    expect(undone).toEqual([{ path: '.env', how: 'put back' }]);
    expect(readFileSync(join(workspace, '.env'), 'utf8')).toBe('mine');
    const aside = spawnSync('sh', ['-c', 'cat .env.set-aside-*'], { cwd: workspace }).stdout.toString();
    expect([kept, aside]).toEqual([[], 'saved meanwhile']);
  });
});

it('of new files no more are read than is asked, and of known ones all that have changed', async () => {
  const before = await look();
  for (let number = 0; number < 5; number += 1) writeFileSync(join(workspace, `.git/hooks/${number}`), 'new');
  for (const path of mine) writeFileSync(join(workspace, path), 'changed');
  const after = await record({ workspace, isOwn: () => false, since: 0n, mostNew: 3 }, before);
  const read = (text: string): number =>
    [...after.entries.values()].filter(({ content }) => content?.toString() === text).length;
  expect([read('new'), read('changed')]).toEqual([3, mine.length]);
  expect(after.entries.has('.git/hooks/4')).toBe(true);
});
