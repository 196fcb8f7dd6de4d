import { z } from 'zod';
import { humanSize } from '../../sandbox/files/words.ts';
import type { View } from './contract.ts';
import { textView, type TextFile } from './text-views.ts';

const deepest = 4;
const mostKeys = 30;
const longestKey = 60;
const longestCell = 800;
/** A JSON file of as many characters is given as it is. */
const shortJson = 1500;

/** The shape of a JSON file: keys, types, lengths. A text where it is none, or too large to be read whole. */
export function jsonView(file: TextFile): Omit<View, 'image'> {
  const value = parsed(file);
  if (value === undefined || file.head.length <= Math.min(file.room, shortJson)) return textView(file);
  const what = `JSON, ${humanSize(file.excerpt.size)}; its shape`;
  return { what, title: what, text: shapeOf(value.json), isSeen: true };
}

const source = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);
const notebook = z.object({
  cells: z
    .array(
      z.object({ cell_type: z.string().max(20), source, execution_count: z.int().nullable().optional() }),
    )
    .max(10_000),
});

/** The cells of a notebook: what stands in them, without outputs. */
export function notebookView(file: TextFile): Omit<View, 'image'> {
  const found = notebook.safeParse(parsed(file)?.json);
  if (!found.success) return textView(file);
  const { cells } = found.data;
  const texts = cells.map(({ cell_type, source: text, execution_count }) => {
    const number = typeof execution_count === 'number' ? ` [${execution_count}]` : '';
    const cut = text.length > longestCell ? `\n[… ${text.length - longestCell} characters left out …]` : '';
    return `--- ${cell_type} cell${number}:\n${text.slice(0, longestCell)}${cut}`;
  });
  const what = `notebook of ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}; without outputs`;
  return { what, title: `a ${what}`, text: texts.join('\n'), isSeen: true };
}

function parsed({ excerpt, head }: TextFile): { readonly json: unknown } | undefined {
  if (excerpt.size !== excerpt.head.length) return undefined;
  try {
    return { json: JSON.parse(head) };
  } catch {
    return undefined;
  }
}

/** `{name: text, tags: list of 3 × text, …}`, a few levels deep. */
function shapeOf(value: unknown, depth = 0): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value !== 'object') return `${typeof value} ${JSON.stringify(value)}`;
  const indent = '  '.repeat(depth + 1);
  if (Array.isArray(value)) {
    if (value.length === 0) return 'empty list';
    return `list of ${value.length}${depth === deepest ? '' : `, the first: ${shapeOf(value[0], depth + 1)}`}`;
  }
  const keys = Object.keys(value);
  if (depth === deepest || keys.length === 0) return `object of ${keys.length} keys`;
  const lines = keys
    .slice(0, mostKeys)
    .map(
      (key) =>
        `${indent}${JSON.stringify(key.slice(0, longestKey))}: ${shapeOf((value as Record<string, unknown>)[key], depth + 1)}`,
    );
  const more = keys.length > mostKeys ? [`${indent}… and ${keys.length - mostKeys} more keys`] : [];
  return ['object:', ...lines, ...more].join('\n');
}
