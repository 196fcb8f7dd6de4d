import { attachmentsProblem, outputProblem, textProblem } from './validate-parts.ts';
import { isObject, type Cell, type Json, type Notebook } from './structure.ts';

/** What is wrong with a part: a sentence, or nothing. */
type Problem = string | undefined;

/** The minor format that has all the rules below; later ones may have more. */
const latestMinor = 5;

/**
 * Holds a notebook against the JSON schema of its minor format (nbformat 4.0 to 4.5). A later minor format may hold keys and
 * kinds of cells and outputs that nobody knows yet.
 * @returns the first thing that is wrong
 */
export function notebookProblem(notebook: Notebook): Problem {
  const minor = notebook['nbformat_minor'];
  if (minor === undefined) return "'nbformat_minor' is a required property";
  if (!isCount(minor)) return 'nbformat_minor must be an integer of 0 or more';
  const rules: Rules = { minor, isFuture: minor > latestMinor };
  const unknown = rules.isFuture ? undefined : unknownKey(notebook, notebookKeys);
  if (unknown !== undefined) return additional(unknown);
  const problem = metadataProblem(notebook.metadata, minor);
  if (problem !== undefined) return problem;
  for (const [index, cell] of notebook.cells.entries()) {
    const found = cellProblem(cell, rules);
    if (found !== undefined) return `cells[${index}]: ${found}`;
  }
  return undefined;
}

interface Rules {
  readonly minor: number;
  readonly isFuture: boolean;
}

const notebookKeys = ['metadata', 'nbformat', 'nbformat_minor', 'cells'];
const cellKeys: Readonly<Record<string, readonly string[]>> = {
  raw: ['cell_type', 'metadata', 'source', 'attachments'],
  markdown: ['cell_type', 'metadata', 'source', 'attachments'],
  code: ['cell_type', 'metadata', 'source', 'outputs', 'execution_count'],
};

function metadataProblem({ kernelspec, language_info: language, ...rest }: Json, minor: number): Problem {
  if (kernelspec !== undefined) {
    if (!isObject(kernelspec)) return 'metadata.kernelspec must be an object';
    for (const key of ['name', 'display_name']) {
      if (typeof kernelspec[key] !== 'string') return `metadata.kernelspec.${key} must be a string`;
    }
  }
  if (language !== undefined) {
    if (!isObject(language)) return 'metadata.language_info must be an object';
    if (typeof language['name'] !== 'string') return 'metadata.language_info.name must be a string';
    const mode = language['codemirror_mode'];
    if (mode !== undefined && typeof mode !== 'string' && !isObject(mode)) {
      return 'metadata.language_info.codemirror_mode must be a string or an object';
    }
    for (const key of ['file_extension', 'mimetype', 'pygments_lexer']) {
      if (isPresentAndNo('string', language[key])) return `metadata.language_info.${key} must be a string`;
    }
  }
  if (minor < 2) return undefined;
  if (isPresentAndNo('string', rest['title'])) return 'metadata.title must be a string';
  const { authors } = rest;
  return authors === undefined || Array.isArray(authors) ? undefined : 'metadata.authors must be a list';
}

function cellProblem(cell: Cell, { minor, isFuture }: Rules): Problem {
  const type = cell['cell_type'];
  const keys = typeof type === 'string' && Object.hasOwn(cellKeys, type) ? cellKeys[type] : undefined;
  if (keys === undefined)
    return isFuture && type !== undefined
      ? tagsProblem(cell.metadata)
      : 'cell_type is none of code, markdown, raw';
  if (minor >= 5 && !isCellId(cell['id'])) return 'id must be 1 to 64 letters, digits, "-" or "_"';
  const known = minor >= 5 ? [...keys, 'id'] : keys;
  const unknown = isFuture ? undefined : unknownKey(cell, known);
  if (unknown !== undefined) return additional(unknown);
  const problem =
    textProblem('source', cell['source']) ??
    cellMetadataProblem(cell.metadata, String(type), minor) ??
    (type === 'code' ? undefined : attachmentsProblem(cell['attachments'], isFuture));
  return problem ?? (type === 'code' ? runProblem(cell, isFuture) : undefined);
}

function runProblem({ outputs, execution_count: count }: Cell, isFuture: boolean): Problem {
  if (count !== null && !isCount(count)) return 'execution_count must be null or an integer of 0 or more';
  if (outputs === undefined) return "'outputs' is a required property";
  for (const [index, output] of outputs.entries()) {
    const found = outputProblem(output, isFuture);
    if (found !== undefined) return `outputs[${index}]: ${found}`;
  }
  return undefined;
}

function cellMetadataProblem(metadata: Json, type: string, minor: number): Problem {
  if (minor >= 3 && 'jupyter' in metadata && !isObject(metadata['jupyter'])) {
    return 'metadata.jupyter must be an object';
  }
  if (type === 'raw' && isPresentAndNo('string', metadata['format']))
    return 'metadata.format must be a string';
  if (type === 'code') {
    if (isPresentAndNo('boolean', metadata['collapsed'])) return 'metadata.collapsed must be true or false';
    const { scrolled, execution } = metadata;
    if (scrolled !== undefined && typeof scrolled !== 'boolean' && scrolled !== 'auto') {
      return 'metadata.scrolled must be true, false or "auto"';
    }
    if (minor >= 4 && execution !== undefined) {
      const isTimes =
        isObject(execution) && Object.values(execution).every((time) => typeof time === 'string');
      if (!isTimes) return 'metadata.execution must be an object of strings';
    }
  }
  return tagsProblem(metadata);
}

function tagsProblem({ name, tags }: Json): Problem {
  if (name !== undefined && !(typeof name === 'string' && /^[^\n]+\n?$/.test(name))) {
    return 'metadata.name must be a string that is not empty';
  }
  if (tags === undefined) return undefined;
  const isList = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && /^[^,]+$/.test(tag));
  return isList && new Set(tags).size === tags.length
    ? undefined
    : 'metadata.tags must be a list of different strings without commas';
}

const isCellId = (id: unknown): boolean => typeof id === 'string' && /^[a-zA-Z0-9-_]{1,64}$/.test(id);

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

const isPresentAndNo = (type: 'string' | 'boolean', value: unknown): boolean =>
  value !== undefined && typeof value !== type;

const unknownKey = (object: Json, known: readonly string[]): string | undefined =>
  Object.keys(object).find((key) => !known.includes(key));

const additional = (key: string): string =>
  `Additional properties are not allowed (${JSON.stringify(key.slice(0, 80))} was unexpected)`;
