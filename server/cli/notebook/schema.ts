import { z } from 'zod';

const source = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat().join(''));

const cell = z.looseObject({
  cell_type: z.enum(['code', 'markdown', 'raw']),
  metadata: z.record(z.string(), z.unknown()).default({}),
  source,
});

/** nbformat 4 of any minor version: https://nbformat.readthedocs.io/en/latest/format_description.html */
export const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int().min(0),
  metadata: z.record(z.string(), z.unknown()).default({}),
  cells: z.array(cell).max(10_000),
});

/** A notebook as nbformat 4 has it; each cell's source is one string. */
export type Notebook = z.infer<typeof notebookSchema>;
export type Cell = z.infer<typeof cell>;

/** The tags of a cell; those that are no strings are none. */
export function tagsOf(cell: Cell): readonly string[] {
  const tags = cell.metadata['tags'];
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
}
