import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noBudgets } from '../../../kernel/economy/budget-text.ts';
import { Ledger } from '../../../kernel/economy/ledger.ts';
import { Meter } from '../../../kernel/economy/meter.ts';
import { loadPrices } from '../../../kernel/economy/prices.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replique-ledger-'));
  file = join(folder, 'data', 'usage.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const origin = { session: 's', provider: 'openai', model: 'm' };
const request = { inputTokens: 10, maxTokens: 90, costOf: (output: number) => output / 100 };
const day = { limits: {}, since: 0, at: 1 };
const entered = (found: ReturnType<Ledger['enter']>): number => {
  if (typeof found === 'string') throw new Error(found);
  return found.call;
};

describe('the ledger', () => {
  it('keeps what calls have used from one kernel to the next, for its owner alone', () => {
    const first = new Ledger(file);
    const call = entered(first.enter(origin, request, day));
    first.settle(call, { inputTokens: 12, outputTokens: 3, cachedTokens: 4, estimated: false }, 0.25);
    entered(first.enter({ ...origin, model: 'other' }, { ...request, costOf: () => undefined }, day));
    first.close();
    const second = new Ledger(file);
    expect(second.totals(0)).toEqual([
      {
        ...{ provider: 'openai', model: 'm', calls: 1, unpriced: 0, tokens: 15, dollars: 0.25 },
        ...{ inputTokens: 12, cachedTokens: 4, outputTokens: 3 },
      },
      // A call that was never settled counts with all that it might have used.
      expect.objectContaining({ model: 'other', calls: 1, unpriced: 1, tokens: 100, dollars: 0 }),
    ]);
    expect(second.totals(2)).toEqual([]);
    second.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  it(
    'lets kernels that run at once overrun no budget together, though some are killed',
    { timeout: 60_000 },
    async () => {
      const script = join(folder, 'kernel.mjs');
      await build({
        stdin: {
          contents: `import { Ledger } from './ledger.ts';
const ledger = new Ledger(${JSON.stringify(file)});
let calls = 0;
process.stdout.write('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
for (;;) {
  const entered = ledger.enter(${JSON.stringify(origin)}, { inputTokens: 10, maxTokens: 90, costOf: () => 0 },
    { limits: { tokens: 20_000 }, since: 0, at: 1 });
  if (typeof entered === 'string') break;
  calls += 1;
  if (calls > Number(process.argv[2])) process.kill(process.pid, 'SIGKILL');
  ledger.settle(entered.call, { inputTokens: 10, outputTokens: 15, cachedTokens: 0, estimated: false }, 0);
}`,
          resolveDir: join(import.meta.dirname, '../../../kernel/economy'),
          loader: 'ts',
        },
        ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: script },
        external: ['libsql'],
      });
      symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
      const kernels = [0, 20, Infinity, Infinity].map((most) =>
        spawn(process.execPath, [script, String(most)], { stdio: ['pipe', 'pipe', 'inherit'] }),
      );
      const exits = kernels.map((kernel) => once(kernel, 'exit'));
      await Promise.all(kernels.map(({ stdout }) => once(stdout, 'data')));
      const [first, ...others] = kernels;
      first!.stdin.write('go');
      await exits[0];
      for (const { stdin } of others) stdin.write('go');
      const ends = await Promise.all(exits);
      const signals = ends.map(([, signal]) => signal as unknown);
      expect(signals.slice(2)).toEqual([null, null]);
      // The second ends in order where the others leave it nothing before its time.
      const killed = signals.filter((signal) => signal === 'SIGKILL').length;
      expect(killed).toBeGreaterThanOrEqual(1);
      const ledger = new Ledger(file);
      const [total] = ledger.totals(0);
      ledger.close();
      expect(total!.tokens).toBeLessThanOrEqual(20_000);
      expect(total!.tokens).toBeGreaterThan(19_800);
      // All calls took 25 but those of the killed.
      expect(total!.tokens).toBe((total!.calls - killed) * 25 + killed * 100);
    },
  );
});

describe('a meter', () => {
  const model = { provider: 'openai', model: 'm' };
  const usage = { inputTokens: 10, outputTokens: 5, cachedTokens: 0, estimated: false };

  it('counts the calls of other kernels for the day', async () => {
    const prices = await loadPrices(false, { m: { input: 1, output: 1 } });
    const limits = { ...noBudgets, day: { tokens: 1000 } };
    const [one, two] = ['a', 'b'].map(
      (session) => new Meter({ prices, limits, session, ledger: new Ledger(file) }),
    );
    const call = one!.reserve(model, 100, 800);
    expect(two!.reserve(model, 100, 800)).toMatchObject({ scope: 'day', shortage: 'tokens' });
    if (!('settle' in call)) return expect.unreachable();
    call.settle(usage);
    expect(two!.reserve(model, 100, 2000)).toHaveProperty('maxTokens', 885);
  });

  it('goes on where nothing can be recorded, and says so; but not where a budget of the day needs the record', async () => {
    const prices = await loadPrices(false);
    const ledger = new Ledger(file);
    ledger.close();
    const meter = new Meter({ prices, limits: noBudgets, session: 's', ledger });
    expect(meter.reserve(model, 1, 100)).toHaveProperty('maxTokens', 100);
    expect(meter.ledgerProblem).toBeTruthy();
    meter.limits = { ...noBudgets, day: { tokens: 1_000_000 } };
    expect(meter.reserve(model, 1, 100)).toMatchObject({ scope: 'day', shortage: 'no record' });
  });

  it('refuses a file that is no database', () => {
    const other = join(folder, 'other.sqlite');
    writeFileSync(other, 'This is no database, but long enough to be looked at as one. '.repeat(100));
    expect(() => new Ledger(other)).toThrow('not a database');
  });
});
