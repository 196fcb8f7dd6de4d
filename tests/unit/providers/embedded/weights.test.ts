import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProviderError } from '../../../../kernel/providers/contract.ts';
import type { SetupEvent } from '../../../../kernel/providers/embedded/progress.ts';
import { checkOwnFile, isVerified } from '../../../../kernel/providers/embedded/weights-check.ts';
import type { WeightSource } from '../../../../kernel/providers/embedded/weights-source.ts';
import { ensureWeights, weightsPath } from '../../../../kernel/providers/embedded/weights.ts';
import { ggufHeader, smallModel } from '../../../support/embedded.ts';

const content = Buffer.from('the very bytes of a model, which are not many');
const { spec } = smallModel(createHash('sha256').update(content).digest('hex'), content, 10);
const never = new AbortController().signal;

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replique-weights-'));
  file = weightsPath(directory, spec);
});
afterEach(() => rm(directory, { recursive: true }));

/** A source that appends what `bytes` says, then fails if it is told to. */
function source(name: string, bytes: Buffer, failure?: Error): WeightSource & { calls: number } {
  return {
    calls: 0,
    describe: () => name,
    async fetch(_, partial, { onBytes }) {
      this.calls += 1;
      const there = await stat(partial).then(
        (found) => found.size,
        () => 0,
      );
      await appendFile(partial, bytes.subarray(there));
      onBytes(bytes.length);
      if (failure) throw failure;
    },
  };
}

interface Outcome {
  readonly events: readonly SetupEvent[];
  readonly error: unknown;
}

async function ensure(sources: readonly WeightSource[], signal = never): Promise<Outcome> {
  const events: SetupEvent[] = [];
  const onEvent = (event: SetupEvent): void => void events.push(event);
  try {
    expect(await ensureWeights(spec, { directory, sources, onEvent, signal })).toBe(file);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const left = async (): Promise<string[]> => (await readdir(directory)).sort();

test('fetched, checked, named and stamped; the second time nothing is done', async () => {
  const good = source('good', content);
  const { events, error } = await ensure([good]);
  expect(error).toBeUndefined();
  expect(await readFile(file)).toEqual(content);
  expect(await left()).toEqual(['small.gguf', 'small.gguf.sha256.json']);
  expect(events).toContainEqual({ type: 'step', text: 'Fetching Small from good.' });
  expect(events).toContainEqual({
    type: 'progress',
    label: 'Small',
    doneBytes: spec.bytes,
    totalBytes: spec.bytes,
  });
  expect(await ensure([good])).toEqual({ events: [], error: undefined });
  expect(good.calls).toBe(1);
});

test('a source that is out of reach gives way to the next; what it lacks is skipped', async () => {
  const lacks: WeightSource = {
    describe: () => undefined,
    fetch: () => Promise.reject(new Error('never asked')),
  };
  const down = source('down', Buffer.alloc(0), new Error("it can't be reached"));
  const { events, error } = await ensure([lacks, down, source('good', content)]);
  expect(error).toBeUndefined();
  expect(events).toContainEqual({ type: 'step', text: "Not from down: it can't be reached." });
  expect(JSON.stringify(events)).not.toContain('never asked');
});

test('bytes with another hash are refused and removed', async () => {
  const evil = Buffer.from(content);
  evil[3] = 0;
  const { error } = await ensure([source('evil', evil)]);
  expect(error).toMatchObject({ kind: 'setup', message: expect.stringContaining('SHA-256') as string });
  expect((error as ProviderError).remedy).toContain('npx replique setup');
  expect(await left()).toEqual([]);
  expect((await ensure([source('evil', evil), source('good', content)])).error).toBeUndefined();
});

test('an interrupted download is kept and completed', async () => {
  const broken = source('broken', content.subarray(0, 20), new Error('interrupted'));
  expect((await ensure([broken])).error).toBeInstanceOf(ProviderError);
  expect(await left()).toEqual(['small.gguf.partial']);
  expect((await ensure([source('good', content)])).error).toBeUndefined();
  expect(await readFile(file)).toEqual(content);
});

test('two at once fetch once', async () => {
  const good = source('good', content);
  const outcomes = await Promise.all([ensure([good]), ensure([good])]);
  expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(good.calls).toBe(1);
  expect(JSON.stringify(outcomes)).toContain('Another process is fetching Small');
});

test('cancelled: the reason comes out, and no other source is tried', async () => {
  const control = new AbortController();
  const slow: WeightSource = {
    describe: () => 'slow',
    fetch: () => {
      control.abort(new Error('stopped'));
      return Promise.reject(new Error('other'));
    },
  };
  const next = source('next', content);
  const { error } = await ensure([slow, next], control.signal);
  expect(error).toEqual(new Error('stopped'));
  expect(next.calls).toBe(0);
});

test('a full disk is said, and nothing is left', async () => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  const { error } = await ensure([source('some', content.subarray(0, 9), full), source('good', content)]);
  expect(error).toMatchObject({ kind: 'setup', message: expect.stringContaining('too full') as string });
  expect(await left()).toEqual([]);
});

test('a disk that is too small is told before anything is fetched', async () => {
  const huge = { ...spec, bytes: 2 ** 52 };
  const good = source('good', content);
  const options = { directory, sources: [good], onEvent: () => undefined, signal: never };
  await expect(ensureWeights(huge, options)).rejects.toThrow('too full');
  expect(good.calls).toBe(0);
  expect(await left()).toEqual([]);
});

describe('weights that are already there', () => {
  test.each([
    ['too short', () => truncate(file, 5)],
    ['changed', () => writeFile(file, Buffer.alloc(content.length))],
  ])('%s: refused, with the file to remove', async (_, damage) => {
    await ensure([source('good', content)]);
    await damage();
    const { error } = await ensure([source('good', content)]);
    expect(error).toMatchObject({ kind: 'setup', remedy: expect.stringContaining(file) as string });
    expect(await isVerified(file, spec)).toBe(false);
    await rm(file);
    expect((await ensure([source('good', content)])).error).toBeUndefined();
  });

  test('put there by hand: checked once, then stamped', async () => {
    await writeFile(file, content);
    expect(await isVerified(file, spec)).toBe(false);
    expect((await ensure([])).error).toBeUndefined();
    expect(await isVerified(file, spec)).toBe(true);
  });

  test('touched: the stamp no longer counts', async () => {
    await ensure([source('good', content)]);
    await utimes(file, new Date(), new Date(0));
    expect(await isVerified(file, spec)).toBe(false);
  });

  test('a broken stamp does not count', async () => {
    await ensure([source('good', content)]);
    await writeFile(`${file}.sha256.json`, '{');
    expect(await isVerified(file, spec)).toBe(false);
    expect((await ensure([])).error).toBeUndefined();
  });
});

test('a file of the user’s own must be a readable GGUF', async () => {
  const own = join(directory, 'own.gguf');
  await expect(checkOwnFile(own)).rejects.toThrow('ENOENT');
  await writeFile(own, 'PK');
  await expect(checkOwnFile(own)).rejects.toThrow('not a GGUF');
  await writeFile(own, 'GGUF and so on, and on, and on');
  await expect(checkOwnFile(own)).rejects.toThrow('not a GGUF');
  await writeFile(own, ggufHeader());
  await expect(checkOwnFile(own)).resolves.toBeUndefined();
  await expect(checkOwnFile(directory)).rejects.toThrow('not a GGUF');
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await expect(checkOwnFile(pipe)).rejects.toThrow('not a GGUF'); // and is not waited for
});
