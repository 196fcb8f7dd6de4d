import type { Entry } from './compaction.ts';

/** Entries without what cells of the notebook added to them; the roles still alternate, beginning with the user. */
export function withoutCells(entries: readonly Entry[], cells: ReadonlySet<string>): Entry[] {
  const left: Entry[] = [];
  for (const entry of entries) {
    const parts = entry.parts.filter(({ of }) => of === undefined || !cells.has(of));
    if (parts.length === 0 || (left.length === 0 && entry.role === 'assistant')) continue;
    const before = left.at(-1);
    if (before?.role === entry.role) {
      before.parts.push(...parts);
      before.cell = entry.cell;
    } else left.push({ ...entry, parts });
  }
  return left;
}

/** Whether one of the cells added something. */
export const hasCells = (entries: readonly Entry[], cells: ReadonlySet<string>): boolean =>
  entries.some(({ parts }) => parts.some(({ of }) => of !== undefined && cells.has(of)));
