import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataDir } from '../../kernel/paths.ts';
import type { Provider } from '../../kernel/providers/contract.ts';
import { create } from '../../kernel/providers/embedded.ts';
import { askHost } from '../../kernel/providers/embedded/client.ts';
import { socketName } from '../../kernel/providers/embedded/protocol.ts';
import { runtimeEntry } from '../../kernel/providers/embedded/runtime.ts';
import type { WeightSource } from '../../kernel/providers/embedded/weights-source.ts';
import { ensureWeights } from '../../kernel/providers/embedded/weights.ts';
import { hostKit, smallModel, smollm, type HostKit } from '../support/embedded.ts';
import { answer, configWith, request } from '../support/provider-tools.ts';

/** The embedded provider with its real host process and the real test model. */

let kit: HostKit;
let provider: Provider;
const fresh = (): Provider => create(configWith({ modelPath: kit.weights }), kit.options);
beforeAll(async () => {
  kit = await hostKit(1500);
  provider = fresh();
}, 300_000);
afterAll(() => kit.remove());

/** The process ids that the hosts noted in their log, in the order of their start. */
async function hosts(): Promise<number[]> {
  const log = await readFile(kit.options.log, 'utf8').catch(() => '');
  return [...log.matchAll(/\[(\d+)\] listening/g)].map((match) => Number(match[1]));
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const gone = (pid: number): Promise<void> => expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);

const ask = (changes: Parameters<typeof request>[1] = {}): ReturnType<typeof request> =>
  request('Count from one to ten in English words.', { model: smollm, ...changes });

test('a reply that we began is gone on with', async () => {
  expect(provider.canBegin).toBe(true);
  const begin = 'One, two, three, four,';
  const { text } = await answer(provider.generate(ask({ begin })));
  expect(text).toMatch(/^ five, six/);
});

test(
  'two kernels that start at once share one host, which leaves when idle',
  { timeout: 60_000 },
  async () => {
    const results = await Promise.all([provider, fresh()].map((each) => answer(each.generate(ask()))));
    for (const { text, events } of results) {
      expect(text).not.toBe('');
      expect(events.at(-1)).toEqual({ type: 'stop', reason: 'length' });
    }
    expect(results[0]?.text).toBe(results[1]?.text);
    const started = await hosts();
    expect(started).toHaveLength(1);
    const { mode } = await stat(join(kit.options.directory, socketName));
    expect(mode & 0o077).toBe(0);
    await gone(started[0]!);
    expect(await readdir(kit.options.directory)).toEqual([]);
    expect((await provider.heartbeat(smollm, AbortSignal.timeout(20_000))).ok).toBe(true);
    expect(await hosts()).toHaveLength(2);
  },
);

test('aborted: the stream ends at once, though the model is still at it', { timeout: 60_000 }, async () => {
  const control = new AbortController();
  let abortedAt = 0;
  for await (const event of provider.generate(ask({ maxTokens: 4000, signal: control.signal }))) {
    if (event.type === 'text' && !control.signal.aborted) {
      abortedAt = performance.now();
      control.abort();
    }
    if (event.type === 'usage') expect(event.usage).toMatchObject({ estimated: false });
    if (event.type === 'stop') expect(event.reason).toBe('aborted');
  }
  expect(performance.now() - abortedAt).toBeLessThan(10_000); // all that it would say takes a minute
  expect((await answer(provider.generate(ask({ maxTokens: 4 })))).error).toBeUndefined();
});

test(
  'a host that is killed in the middle: a ProviderError, and the next call has a new host',
  { timeout: 60_000 },
  async () => {
    const events = provider.generate(ask({ maxTokens: 4000 }));
    const killing = (async () => {
      let isKilled = false;
      for await (const event of events) {
        if (event.type !== 'text' || isKilled) continue;
        isKilled = true;
        process.kill((await hosts()).at(-1)!, 'SIGKILL');
      }
    })();
    await expect(killing).rejects.toMatchObject({ name: 'ProviderError', kind: 'stream-broken' });
    const { error, text } = await answer(provider.generate(ask({ maxTokens: 4 })));
    expect([error, text === '']).toEqual([undefined, false]);
  },
);

test('the model’s own context is known; a host that can’t start is told', { timeout: 60_000 }, async () => {
  const signal = AbortSignal.timeout(20_000);
  const info = await provider.modelInfo(smollm, signal);
  expect(info).toMatchObject({ id: smollm, contextLengthKnown: true });
  expect([2048, 8192]).toContain(info.contextLength);
  const options = { ...kit.options, script: '/none', directory: join(kit.options.directory, 'other') };
  const broken = create(configWith({ modelPath: kit.weights }), options);
  await expect(broken.modelInfo(smollm, signal)).rejects.toMatchObject({ kind: 'setup' });
  expect(await broken.heartbeat(smollm, signal)).toMatchObject({ ok: false });
  await rm(options.directory, { recursive: true });
});

test('SIGTERM ends a host cleanly', { timeout: 60_000 }, async () => {
  await provider.heartbeat(smollm, AbortSignal.timeout(20_000));
  const pid = (await hosts()).at(-1)!;
  process.kill(pid, 'SIGTERM');
  await gone(pid);
  expect(await readFile(kit.options.log, 'utf8')).toContain('leaving: SIGTERM');
  expect(await readdir(kit.options.directory)).toEqual([]);
});

test('the host is given no key', { timeout: 60_000 }, async () => {
  process.env['GROQ_API_KEY'] = 'gsk_secret';
  try {
    const options = { ...kit.options, runtime: runtimeEntry(dataDir()) };
    const signal = AbortSignal.timeout(20_000);
    for await (const reply of askHost({ type: 'ping', path: kit.weights }, options, signal)) {
      expect(reply.type).not.toBe('failed');
    }
    const environment = await readFile(`/proc/${(await hosts()).at(-1)!}/environ`, 'utf8');
    expect(environment).not.toContain('gsk_secret');
  } finally {
    delete process.env['GROQ_API_KEY'];
  }
});

/** Root may mount a file system of a few megabytes; others can't fill a disk in a test. */
const mayMount = ((): boolean => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!mayMount)(
  'a disk that fills up: a sentence, and nothing is left (needs root to mount)',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'replique-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]);
    try {
      const content = randomBytes(1000);
      const { spec } = smallModel(createHash('sha256').update(content).digest('hex'), content, 1000);
      const filling: WeightSource = {
        describe: () => 'a source that writes more than fits',
        fetch: async (_, partial) => {
          const file = await open(partial, 'a');
          try {
            for (let i = 0; i < 64; i += 1) await file.write(randomBytes(1 << 17));
          } finally {
            await file.close();
          }
        },
      };
      const options = {
        directory,
        sources: [filling],
        onEvent: () => undefined,
        signal: AbortSignal.timeout(20_000),
      };
      await expect(ensureWeights(spec, options)).rejects.toMatchObject({
        kind: 'setup',
        message: expect.stringContaining('too full') as string,
      });
      expect(await readdir(directory)).toEqual([]);
      await expect(ensureWeights({ ...spec, bytes: 8_000_000 }, options)).rejects.toThrow('too full');
    } finally {
      execFileSync('umount', ['--lazy', directory]);
      await rm(directory, { recursive: true });
    }
  },
);
