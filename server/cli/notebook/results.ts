import type { Output } from '../../outputs.ts';

/** The executed state of a code cell, before it is written. */
export interface Executed {
  readonly executionCount: number | null;
  readonly outputs: readonly Output[];
}

/** Text as a notebook file keeps it: a list of lines, each with its end. */
export const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** An output as a notebook file keeps it. */
export function onDisk(output: Output): unknown {
  if (output.output_type === 'stream') return { ...output, text: lines(output.text) };
  if (output.output_type === 'error') return output;
  const data = Object.entries(output.data).map(([mime, value]) => {
    const splits = typeof value === 'string' && /^text\/|^image\/svg/.test(mime);
    return [mime, splits ? lines(value) : value];
  });
  return { ...output, data: Object.fromEntries(data) as unknown };
}
