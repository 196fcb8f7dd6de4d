import { expect, it } from 'vitest';
import { killServer } from './server/run.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const kills = process.env['REPLIQUE_TEST_SAMPLE'] === 'all' ? 100 : 5;

it(`a server killed ${kills} times leaves every file whole, old or new, and removes its drafts (seed ${seed})`, async () => {
  expect(await killServer(seed, kills)).toEqual([]);
}, 900_000);
