import { z } from 'zod';
import type { Cell } from './schema.ts';

const multiline = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat().join(''));
const record = z.record(z.string(), z.unknown());

const output = z.discriminatedUnion('output_type', [
  z.looseObject({ output_type: z.literal('stream'), name: z.string(), text: multiline }),
  z.looseObject({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()).default([]),
  }),
  z.looseObject({ output_type: z.literal('display_data'), data: record, metadata: record.default({}) }),
  z.looseObject({
    output_type: z.literal('execute_result'),
    data: record,
    metadata: record.default({}),
    execution_count: z.int().nullable().default(null),
  }),
]);

/** An output as a notebook keeps it, its texts in one piece. */
export type SavedOutput = z.infer<typeof output>;

/** The outputs of a code cell; those that are none are left out. */
export function outputsOf(cell: Cell): SavedOutput[] {
  const outputs = cell['outputs'];
  if (cell.cell_type !== 'code' || !Array.isArray(outputs)) return [];
  return outputs.flatMap((raw) => {
    const parsed = output.safeParse(raw).data;
    return parsed ? [joined(parsed)] : [];
  });
}

/** An output that holds data of several types. */
export type SavedDisplay = Extract<SavedOutput, { output_type: 'display_data' | 'execute_result' }>;

export const isDisplay = (output: SavedOutput): output is SavedDisplay =>
  output.output_type === 'display_data' || output.output_type === 'execute_result';

/** nbformat splits texts into lines; JSON types hold what they hold. */
function joined(saved: SavedOutput): SavedOutput {
  if (!isDisplay(saved)) return saved;
  const data = Object.entries(saved.data).map(([type, value]) => {
    const isText = !/[/+]json$/.test(type) && Array.isArray(value);
    return [type, isText ? (multiline.safeParse(value).data ?? value) : value];
  });
  return { ...saved, data: Object.fromEntries(data) as Record<string, unknown> };
}

/** The number that Jupyter shows beside a cell. */
export function countOf(cell: Cell): number | undefined {
  const count = cell['execution_count'];
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
}
