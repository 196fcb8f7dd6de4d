import { expect, it } from 'vitest';
import { runSessions } from './sessions.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `16 sessions, half of them killed, leave nothing behind (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    expect(await runSessions('dist/kernel.js', 16, seed)).toEqual({});
  },
);
