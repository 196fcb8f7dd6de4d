import { createHash } from 'node:crypto';
import { servedKey } from './served-mark.ts';

/** An object of a notebook's JSON. */
export type Json = Record<string, unknown>;

/** Deeper ones overflow what walks them. */
const deepest = 200;

/** A notebook of format 4 of which the parts that are used are of their kinds. */
export interface Notebook extends Json {
  metadata: Json;
  cells: Cell[];
  nbformat: 4;
}

export interface Cell extends Json {
  metadata: Json;
  outputs?: Json[];
}

/** Why a notebook can't be used: the rest of a sentence. */
export class NotebookProblem extends Error {
  override readonly name = 'NotebookProblem';
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Takes a value for a notebook of format 4.
 * @throws NotebookProblem where a part is missing without which it can't be read
 */
export function asNotebook(value: unknown): Notebook {
  if (!isObject(value)) throw new NotebookProblem('it is no JSON object');
  if (value['nbformat'] !== 4)
    throw new NotebookProblem(`its nbformat is ${shown(value['nbformat'])}, not 4`);
  if (!['number', 'undefined'].includes(typeof value['nbformat_minor'])) {
    throw new NotebookProblem('its nbformat_minor is no number');
  }
  if (!isObject(value['metadata'])) throw new NotebookProblem('its "metadata" is missing or no object');
  if (!Array.isArray(value['cells'])) throw new NotebookProblem('its "cells" are missing or no list');
  for (const [index, cell] of (value['cells'] as unknown[]).entries()) checkCell(cell, `cell ${index + 1}`);
  if (depthOf(value, 0) > deepest) throw new NotebookProblem(`it is nested deeper than ${deepest} levels`);
  return value as Notebook;
}

function checkCell(cell: unknown, where: string): void {
  if (!isObject(cell)) throw new NotebookProblem(`${where} is no object`);
  if (!isObject(cell['metadata'])) throw new NotebookProblem(`${where} has no "metadata"`);
  const { attachments = {}, outputs = [] } = cell;
  if (!isObject(attachments) || !Object.values(attachments).every(isObject)) {
    throw new NotebookProblem(`${where} has "attachments" that are no objects`);
  }
  if (!Array.isArray(outputs) || !outputs.every(isObject)) {
    throw new NotebookProblem(`${where} has "outputs" that are no list of objects`);
  }
  if (outputs.some(({ data = {} }) => !isObject(data))) {
    throw new NotebookProblem(`${where} has an output whose "data" are no object`);
  }
}

/** Stops counting one below the deepest that is allowed. */
function depthOf(value: unknown, above: number): number {
  if (typeof value !== 'object' || value === null || above > deepest) return above;
  let most = above + 1;
  for (const each of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (typeof each === 'object' && each !== null) most = Math.max(most, depthOf(each, above + 1));
  }
  return most;
}

/**
 * Takes away what is never kept in a file: where a notebook came from, when it was served, and what was trusted.
 * @returns whether there was any
 */
export function stripTransient({ metadata, cells }: Notebook): boolean {
  let isChanged = false;
  const strip = (from: Json, key: string): void => {
    if (!Object.hasOwn(from, key)) return;
    isChanged = true;
    Reflect.deleteProperty(from, key);
  };
  for (const key of ['orig_nbformat', 'orig_nbformat_minor', 'signature', servedKey]) strip(metadata, key);
  for (const cell of cells) strip(cell.metadata, 'trusted');
  return isChanged;
}

/**
 * Gives cells of format 4.5 and later an id where it is missing or another has it. The same notebook gets the same ids each
 * time, so that a cell can be found again.
 * @returns whether one was missing
 */
export function repairIds(notebook: Notebook): boolean {
  if (!(Number(notebook['nbformat_minor']) >= 5)) return false;
  let isChanged = false;
  const known = new Set<unknown>();
  for (const [index, cell] of notebook.cells.entries()) {
    if (!('id' in cell) || known.has(cell['id'])) {
      let id = madeId(cell, `${index}`);
      while (known.has(id)) id = madeId(cell, id);
      cell['id'] = id;
      isChanged = true;
    }
    known.add(cell['id']);
  }
  return isChanged;
}

const madeId = (cell: Cell, salt: string): string =>
  createHash('sha256')
    .update(JSON.stringify([salt, cell['source']]))
    .digest('hex')
    .slice(0, 8);

const shown = (value: unknown): string =>
  (JSON.stringify(value) as string | undefined)?.slice(0, 40) ?? 'missing';
