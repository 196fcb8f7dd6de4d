import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GenerateRequest, Provider, ProviderEvent } from '../../../kernel/providers/contract.ts';
import { AnswerCache } from '../../../kernel/tape/cache/cache.ts';
import { cachedProvider } from '../../../kernel/tape/cache/cached-provider.ts';
import { AnswerDatabase } from '../../../kernel/tape/cache/database.ts';
import { answer, request } from '../../support/provider-tools.ts';
import { ScriptedProvider, type ScriptedReply } from '../../support/scripted-provider.ts';

let directory: string;
let file: string;
let cache: AnswerCache;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-cache-'));
  file = join(directory, 'cache.sqlite');
  cache = new AnswerCache(file, (text) => text.replaceAll('sk-secret', '[redacted]'));
});
afterEach(async () => {
  await cache.close();
  rmSync(directory, { recursive: true, force: true });
});

const cached = (provider: Provider): Provider => cachedProvider(provider, { cache, isBypassed: () => false });
const scripted = (...replies: readonly (ScriptedReply | string)[]): ScriptedProvider =>
  new ScriptedProvider(replies);

/** What comes of asking the same twice, each time of a provider that would say something else. */
async function twice(
  reply: ScriptedReply,
  [first, second]: readonly [Partial<GenerateRequest>, Partial<GenerateRequest>] = [{}, {}],
): Promise<string> {
  await answer(cached(scripted(reply)).generate(request('Count.', first)));
  return (await answer(cached(scripted('asked again')).generate(request('Count.', second)))).text;
}

it.each<readonly [what: string, reply: ScriptedReply, text: string]>([
  ['an answer', { text: 'One.' }, 'One.'],
  ['one that was cut off at its length', { text: 'One', stop: 'length' }, 'One'],
  ['not one that was withheld', { text: 'One', stop: 'filtered' }, 'asked again'],
  ['not one that failed', { text: 'One', error: new Error('broken') }, 'asked again'],
  ['not one with a secret', { text: 'It is sk-secret.' }, 'asked again'],
])('keeps %s', async (_what, reply, text) => {
  expect(await twice(reply)).toBe(text);
});

it.each<readonly [what: string, change: Partial<GenerateRequest>]>([
  ['model', { model: 'other' }],
  ['temperature', { temperature: 1 }],
  ['length', { maxTokens: 7 }],
  ['end', { stop: ['.'] }],
  ['beginning', { begin: 'Well' }],
  ['message', { messages: [{ role: 'user', content: 'Count down.' }] }],
])('asks again for another %s', async (_what, change) => {
  expect(await twice({ text: 'One.' }, [{}, change])).toBe('asked again');
});

it('answers as it was answered: who it was, and for nothing', async () => {
  const events: readonly ProviderEvent[] = [
    { type: 'text', text: 'void' },
    { type: 'retry', reason: 'busy', attempt: 2, waitMs: 0, spent: usage },
    { type: 'source', provider: 'groq', model: 'g' },
    { type: 'text', text: 'One.' },
    { type: 'usage', usage },
    { type: 'stop', reason: 'stop' },
  ];
  const provider = Object.assign(scripted(), {
    canBegin: true,
    isLocal: true,
    async *generate() {
      await Promise.resolve();
      yield* events;
    },
  });
  expect((await answer(cached(provider).generate(request('Count.')))).events).toEqual(events);
  expect((await answer(cached(scripted()).generate(request('Count.')))).events).toEqual([
    { type: 'notice', text: expect.stringContaining('from the cache') as string },
    { type: 'source', provider: 'groq', model: 'g' },
    { type: 'text', text: 'One.' },
    { type: 'usage', usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false } },
    { type: 'stop', reason: 'stop' },
  ]);
  expect(cached(provider)).toMatchObject({ name: 'mock', canBegin: true, isLocal: true });
});
const usage = { inputTokens: 5, outputTokens: 2, cachedTokens: 0, estimated: false };

it('is still the provider for all else', async () => {
  const provider: Provider = scripted();
  const { signal } = new AbortController();
  const around = cached(provider);
  expect(await around.modelInfo('m', signal)).toEqual(await provider.modelInfo('m', signal));
  expect(await around.listModels(signal)).toEqual(await provider.listModels(signal));
  expect(await around.heartbeat('m', signal)).toEqual(await provider.heartbeat('m', signal));
  await around.close();
});

/** What is said of the cache with the first answer, and what it answers after that. */
async function withWhatIsThere(): Promise<{ said: unknown; again: string }> {
  const { events } = await answer(cached(scripted('One.')).generate(request('Count.')));
  const again = await answer(cached(scripted('Two.')).generate(request('Count.')));
  expect(again.events.filter((event) => event.type === 'notice' && event.text.includes(file))).toEqual([]);
  return { said: events.find(({ type }) => type === 'notice'), again: again.text };
}

it('puts a damaged file aside with what lies beside it, and begins a new one', async () => {
  writeFileSync(file, 'no database, though it is as long as one may be '.repeat(100));
  writeFileSync(`${file}-wal`, 'of it');
  const { said, again } = await withWhatIsThere();
  expect(said).toMatchObject({ text: expect.stringContaining('The cache was damaged: it is now') as string });
  expect(again).toBe('One.');
  expect(existsSync(`${file}.damaged`)).toBe(true);
});

it('leaves a damaged file where it can’t be put aside, says so, and asks', async () => {
  writeFileSync(file, 'no database, though it is as long as one may be '.repeat(100));
  mkdirSync(join(`${file}.damaged`, 'full'), { recursive: true });
  const { said, again } = await withWhatIsThere();
  expect(said).toMatchObject({ text: expect.stringContaining('could not be put aside') as string });
  expect(again).toBe('Two.');
});

it.each<readonly [what: string, make: () => void, says: string]>([
  ['is a folder', () => mkdirSync(file), 'can’t be used'],
  [
    'a later version has written',
    () => {
      const later = new Database(file);
      later.pragma('user_version = 9');
      later.close();
    },
    'it was written by a later version of Replique',
  ],
])('leaves alone a file that %s, says so once, and asks', async (_what, make, says) => {
  make();
  const { said, again } = await withWhatIsThere();
  expect(said).toMatchObject({ text: expect.stringContaining(says.replace('’', "'")) as string });
  expect(again).toBe('Two.');
});

it('asks where what is kept is no answer, and says where it is no JSON or the table is gone', async () => {
  expect(await twice({ text: 'One.' })).toBe('One.');
  const asked = () => answer(cached(scripted('Two.')).generate(request('Count.')));
  const other = new Database(file);
  other.exec(`update answers set answer = '{"text": 1}'`);
  expect((await asked()).text).toBe('Two.');
  other.exec(`update answers set answer = '{'`);
  const broken = await asked();
  expect(broken.text).toBe('Two.');
  expect(broken.events[0]).toMatchObject({
    type: 'notice',
    text: expect.stringContaining('could not be used') as string,
  });
  other.exec('drop table answers');
  expect((await asked()).text).toBe('Two.');
  other.close();
});

it('keeps what was used last, within its bounds', () => {
  const bounded = (name: string, answers: number, bytes: number): AnswerDatabase =>
    new AnswerDatabase(join(directory, name), { answers, bytes });
  const few = bounded('few', 10, 1e6);
  for (let n = 0; n < 10; n += 1) few.put(`k${n}`, { text: `${n}`, stop: 'stop' });
  expect(few.get('k0')?.text).toBe('0');
  few.put('k10', { text: '10', stop: 'stop' });
  const kept = Array.from({ length: 11 }, (_, n) => few.get(`k${n}`)?.text).filter(
    (text) => text !== undefined,
  );
  expect(kept).toEqual(['0', '3', '4', '5', '6', '7', '8', '9', '10']);
  few.close();
  const small = bounded('small', 100, 1000);
  small.put('old', { text: 'x'.repeat(600), stop: 'stop' });
  small.put('new', { text: 'y'.repeat(600), stop: 'stop' });
  expect(small.get('old')).toBeUndefined();
  expect(small.get('new')?.text).toHaveLength(600);
  small.close();
});
