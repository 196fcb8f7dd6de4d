import { Lines } from './lines.ts';

/** Keys in order, at any depth; also such as mean something to prototypes. */
export function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Lines) return value;
  if (Array.isArray(value)) return value.some(isStructure) ? value.map(sorted) : value;
  const entries = Object.entries(value);
  entries.sort(([one], [other]) => (one < other ? -1 : 1));
  for (const entry of entries) if (isStructure(entry[1])) entry[1] = sorted(entry[1]);
  return Object.fromEntries(entries);
}

const isStructure = (value: unknown): boolean => typeof value === 'object' && value !== null;
