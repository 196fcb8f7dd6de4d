import type { Divergence } from '../loop/events.ts';
import type { ProcessOptions } from '../loop/options.ts';
import { isSame } from './compare/redacted.ts';
import { textDiff } from './compare/diff.ts';
import type { Recording } from './recording.ts';

/** What a session would ask with; absent where it leaves that to the provider. */
export interface Asking {
  readonly model: string | undefined;
  /** Models that may answer in its place; `undefined` in it: any may. */
  readonly others: readonly (string | undefined)[];
  readonly temperature: number;
}

/** How the request of a recorded cell would be another one now, though its prompt is the same. */
export async function differencesOfRequest(
  { turns }: Recording,
  asking: Asking,
  { give }: ProcessOptions,
): Promise<readonly Divergence[]> {
  const found: Divergence[] = [];
  const models = [...new Set(turns.map(({ record }) => record.model))];
  const others = models.filter((model) => !mayAnswer(model, asking));
  if (asking.model !== undefined && others.length > 0) {
    const what = 'Another model is configured than the one that answered.';
    found.push({ kind: 'request', what, recorded: others.join(', '), found: asking.model });
  }
  const [first] = turns;
  const temperature = first?.record.params.temperature;
  if (temperature !== undefined && temperature !== asking.temperature) {
    const what = 'Another temperature is configured than the one that was asked with.';
    found.push({ kind: 'request', what, recorded: String(temperature), found: String(asking.temperature) });
  }
  const room = first?.tape?.room;
  if (room === undefined) return found;
  const parts = (await give?.(room).catch(() => undefined))?.parts ?? [];
  const now = parts.filter(({ kind }) => kind === 'result').map(({ text }) => text);
  const then = (first?.tape?.given ?? []).filter(({ kind }) => kind === 'result').map(({ text }) => text);
  const isChanged = then.length !== now.length || then.some((text, index) => !isSame(text, now[index] ?? ''));
  if (!isChanged) return found;
  const what = 'What the prompt points at is not as it was.';
  return [...found, { kind: 'request', what, diff: textDiff(then.join('\n'), now.join('\n')) }];
}

const mayAnswer = (model: string, { model: asked, others }: Asking): boolean =>
  model === asked || others.includes(model) || others.includes(undefined);

/** What a configuration asks with. */
export function askingOf({ model, fallback, temperature }: AskingConfig): Asking {
  const others = fallback.map((entry) => entry.split(':').slice(1).join(':') || undefined);
  return { model, others, temperature };
}

interface AskingConfig {
  readonly model?: string | undefined;
  /** `provider` or `provider:model`. */
  readonly fallback: readonly string[];
  readonly temperature: number;
}
