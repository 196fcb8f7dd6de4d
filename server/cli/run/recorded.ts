import { z } from 'zod';
import type { Cell } from '../notebook/schema.ts';
import { cellSchema, divergenceSchema, mimes } from '../notebook/replique-data.ts';
import type { Divergence } from '../notebook/replique-data.ts';
import type { Output } from '../../outputs.ts';

/** What a cell took, from its footer. */
export interface Spent {
  readonly tokens: number;
  /** US dollars; undefined where no price is known. */
  readonly cost?: number | undefined;
}

export function spentIn(outputs: readonly Output[]): Spent | undefined {
  for (const data of bundles(outputs)) {
    const { usage, cost } = cellSchema.safeParse(data[mimes.cell]).data ?? {};
    if (usage) return { tokens: usage.inputTokens + usage.outputTokens, cost };
  }
  return undefined;
}

/** What differs from the tape, as the kernel shows it in a cell. */
export function divergencesIn(outputs: readonly Output[]): Divergence[] {
  return bundles(outputs).flatMap((data) => divergenceSchema.safeParse(data[mimes.divergence]).data ?? []);
}

const bundles = (outputs: readonly Output[]): Readonly<Record<string, unknown>>[] =>
  outputs.flatMap((output) => ('data' in output ? [output.data] : []));

const errorOutput = z.looseObject({ output_type: z.literal('error'), ename: z.string() });

/** The names of the errors that a cell's recorded outputs end with. */
export function recordedErrors(cell: Cell): string[] {
  const outputs: unknown = cell['outputs'];
  if (!Array.isArray(outputs)) return [];
  return outputs.flatMap((output) => errorOutput.safeParse(output).data?.ename ?? []);
}
