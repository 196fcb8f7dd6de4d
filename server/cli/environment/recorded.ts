import { readEnvironment, type Environment, type ModelIdentity } from '../../../kernel/environment/schema.ts';
import { isDisplay, outputsOf } from '../notebook/outputs.ts';
import { mimes } from '../notebook/replique-data.ts';
import type { Notebook } from '../notebook/schema.ts';

/** A record of an environment, or what is wrong with it, as the rest of a sentence. */
export type Recorded = { readonly environment: Environment } | { readonly problem: string };

/** The environment that a notebook records: what a cell's last line has of it, the last that has, else the notebook. */
export function recordedIn({ cells, metadata }: Notebook): Recorded | undefined {
  for (const cell of cells.toReversed()) {
    for (const output of outputsOf(cell).toReversed()) {
      if (!isDisplay(output) || !(mimes.cell in output.data)) continue;
      const value = environmentIn(output.metadata);
      if (value !== undefined) return readEnvironment(value);
    }
  }
  const value = environmentIn(metadata);
  return value === undefined ? undefined : readEnvironment(value);
}

/** Who answered, as far as a notebook says. */
export function recordedModel(notebook: Notebook): ModelIdentity | undefined {
  const recorded = recordedIn(notebook);
  return recorded && 'environment' in recorded ? recorded.environment.model : undefined;
}

/** `replique.environment`, unread. */
export function environmentIn(metadata: Readonly<Record<string, unknown>>): unknown {
  const replique = metadata['replique'];
  if (typeof replique !== 'object' || replique === null || !Object.hasOwn(replique, 'environment')) {
    return undefined;
  }
  return (replique as Record<string, unknown>)['environment'];
}
