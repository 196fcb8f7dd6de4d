import { expect, it } from 'vitest';
import type { ProcessOptions } from '../../../kernel/loop/options.ts';
import type { Recording } from '../../../kernel/tape/recording.ts';
import { askingOf, differencesOfRequest } from '../../../kernel/tape/requests.ts';

interface Given {
  readonly models?: readonly string[];
  readonly temperature?: number;
  /** What the prompt pointed at. */
  readonly results?: readonly string[];
}

/** A prompt that was answered so. */
function recorded({ models = ['m'], temperature = 0, results = [] }: Given): Recording {
  const turns = models.map((model) => ({
    record: { model, params: { temperature } },
    tape: {
      given: [...results.map((text) => ({ kind: 'result', text })), { kind: 'words', text: 'Say hello.' }],
      room: { chars: 100, allChars: 100, sees: false },
    },
  }));
  return { turns } as unknown as Recording;
}
const plain = { fallback: [], temperature: 0 };
const pointing = (...texts: readonly string[]): ProcessOptions => ({
  give: () =>
    Promise.resolve({
      parts: texts.map((text) => ({ kind: 'result' as const, text })),
      events: [],
      seen: [],
    }),
});

it.each<readonly [what: string, config: Parameters<typeof askingOf>[0], says: readonly object[]]>([
  ['no model at all', plain, []],
  ['one of two', { ...plain, model: 'm' }, [{ recorded: 'deep:m', found: 'm' }]],
  ['another', { ...plain, model: 'n' }, [{ recorded: 'm, deep:m', found: 'n' }]],
  [
    'another, in whose place the same may answer',
    { ...plain, model: 'n', fallback: ['groq:m', 'ollama:deep:m'] },
    [],
  ],
  [
    'another, in whose place one of them may',
    { ...plain, model: 'n', fallback: ['groq:m'] },
    [{ recorded: 'deep:m' }],
  ],
  ['another, in whose place any may', { ...plain, model: 'n', fallback: ['groq'] }, []],
  ['another temperature', { ...plain, temperature: 1 }, [{ recorded: '0', found: '1' }]],
])('compares what is configured: %s', async (_what, config, says) => {
  const found = await differencesOfRequest(recorded({ models: ['m', 'deep:m', 'm'] }), askingOf(config), {});
  expect(found).toMatchObject(says);
  expect(found).toHaveLength(says.length);
});

it.each<
  readonly [what: string, results: readonly string[], options: ProcessOptions, diff: string | undefined]
>([
  ['nothing', [], {}, undefined],
  ['the same', ['a'], pointing('a'), undefined],
  ['the same but for a secret', ['key [redacted]'], pointing('key sk-1'), undefined],
  ['another text', ['a'], pointing('b'), '@@ -1 +1 @@\n-a\n+b'],
  ['one thing less', ['a', 'b'], pointing('a'), '@@ -1 +1 @@\n a\n-b'],
  ['one thing more', [], pointing('a'), '@@ -1 +1 @@\n+a'],
  ['what can’t be found', ['a'], { give: () => Promise.reject(new Error('gone')) }, '@@ -1 +1 @@\n-a'],
  ['nobody who could look', ['a'], {}, '@@ -1 +1 @@\n-a'],
])('compares what the prompt points at: %s', async (_what, results, options, diff) => {
  const found = await differencesOfRequest(recorded({ results }), askingOf(plain), options);
  if (diff === undefined) expect(found).toEqual([]);
  else
    expect(found).toMatchObject([
      { kind: 'request', what: 'What the prompt points at is not as it was.', diff },
    ]);
});

it('looks at nothing where no turn is recorded', async () => {
  expect(await differencesOfRequest({ turns: [] } as unknown as Recording, askingOf(plain), {})).toEqual([]);
});
