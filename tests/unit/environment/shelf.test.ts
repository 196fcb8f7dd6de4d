import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { envStamp } from '../../../kernel/paths.ts';
import { takeFromShelf } from '../../../server/cli/environment/shelf.ts';
import { temporaryDirectory } from '../server/temporary.ts';

const nameOf = (n: number): string => String(n).padStart(32, '0');
const make = (directory: string) => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, envStamp), '');
  return Promise.resolve();
};
const onWait = () => undefined;

/** Environments 1 to 7, of which 1 was used last and 7 first. */
async function filled(): Promise<string> {
  const shelf = join(temporaryDirectory(), 'locked');
  for (let n = 1; n <= 7; n += 1) {
    await make(join(shelf, nameOf(n)));
    utimesSync(join(shelf, nameOf(n), envStamp), 1000 - n, 1000 - n);
  }
  return shelf;
}
const kept = (shelf: string) =>
  readdirSync(shelf)
    .filter((name) => /^\d{32}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);

it('keeps those in use, and five more that were used last', async () => {
  const shelf = await filled();
  writeFileSync(join(shelf, `${nameOf(7)}.used-${process.ppid}`), ''); // another Replique, which runs
  const gone = spawnSync('true').pid;
  writeFileSync(join(shelf, `${nameOf(6)}.used-${gone}`), ''); // one that was killed
  const release = await takeFromShelf(shelf, nameOf(8), { make, onWait });
  expect(kept(shelf)).toEqual([1, 2, 3, 4, 5, 7, 8]);
  expect(existsSync(join(shelf, `${nameOf(6)}.used-${gone}`))).toBe(false);
  await release();
  await takeFromShelf(shelf, nameOf(9), { make, onWait });
  expect(kept(shelf)).toEqual([1, 2, 3, 4, 7, 8, 9]); // 8 was used after the others
});

it('removes first what was only half made, and leaves files that are none of its own', async () => {
  const shelf = await filled();
  mkdirSync(join(shelf, nameOf(9)));
  mkdirSync(join(shelf, 'mine'));
  await takeFromShelf(shelf, nameOf(7), { make, onWait });
  expect(kept(shelf)).toEqual([1, 2, 3, 4, 5, 7]);
  expect(existsSync(join(shelf, 'mine'))).toBe(true);
});

it('marks no use of one that could not be made, and waits for who makes one', async () => {
  const shelf = join(temporaryDirectory(), 'locked');
  const failing = () => Promise.reject(new Error('No space.'));
  await expect(takeFromShelf(shelf, nameOf(1), { make: failing, onWait })).rejects.toThrow('No space.');
  expect(readdirSync(shelf)).toEqual([]);
  let waited = 0;
  const one = takeFromShelf(shelf, nameOf(1), { make, onWait });
  await Promise.all([one, takeFromShelf(shelf, nameOf(2), { make, onWait: () => (waited += 1) })]);
  expect([waited, kept(shelf)]).toEqual([1, [1, 2]]);
});
