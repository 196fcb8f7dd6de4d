import { NotebookProblem, isObject, type Json } from './structure.ts';

/** Names of formats in outputs of nbformat 3, and their MIME types. */
const mimeTypes: Readonly<Record<string, string>> = {
  text: 'text/plain',
  html: 'text/html',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpeg: 'image/jpeg',
  latex: 'text/latex',
  json: 'application/json',
  javascript: 'application/javascript',
};

/**
 * A notebook of nbformat 3 (until 2015) in format 4.5, with a mark of where it came from that JupyterLab tells its user of.
 * @throws NotebookProblem where a part is missing without which it can't be read
 */
export function upgraded(notebook: Json): Json {
  const { worksheets, metadata, nbformat_minor: minor } = notebook;
  if (!isObject(metadata)) throw new NotebookProblem('its "metadata" is missing or no object');
  const cells = listOf(worksheets, 'worksheets').flatMap(({ cells }) => listOf(cells, 'cells'));
  const kept = Object.entries(metadata).filter(([key]) => key !== 'name' && key !== 'signature');
  return {
    metadata: { ...Object.fromEntries(kept), orig_nbformat: 3, orig_nbformat_minor: minor ?? 0 },
    nbformat: 4,
    nbformat_minor: 5,
    cells: cells.map(upgradedCell),
  };
}

function upgradedCell({ metadata = {}, ...cell }: Json): Json {
  if (!isObject(metadata)) throw new NotebookProblem('a cell has "metadata" that are no object');
  switch (cell['cell_type']) {
    case 'code': {
      const { collapsed, input = '', prompt_number: count = null, ...rest } = cell;
      delete rest['language'];
      const outputs = listOf(cell['outputs'], 'outputs').map(upgradedOutput);
      const kept = collapsed === undefined ? metadata : { ...metadata, collapsed };
      return { ...rest, metadata: kept, source: input, execution_count: count, outputs };
    }
    case 'heading': {
      const { level = 1, source = '', ...rest } = cell;
      const line = textOf(source)
        .split(/\r\n|\r|\n/)
        .join(' ');
      const marks = '#'.repeat(Math.min(Math.max(Number(level) || 1, 1), 6));
      return { ...rest, metadata, cell_type: 'markdown', source: `${marks} ${line}` };
    }
    case 'html':
      return { ...cell, metadata, cell_type: 'markdown' };
    default:
      return { ...cell, metadata };
  }
}

function upgradedOutput(output: Json): Json {
  const {
    output_type: type,
    prompt_number: count = null,
    metadata = {},
    stream = 'stdout',
    ...rest
  } = output;
  switch (type) {
    case 'pyout':
      return {
        output_type: 'execute_result',
        execution_count: count,
        metadata: renamed(metadata),
        data: dataOf(rest),
      };
    case 'display_data':
      return { output_type: type, metadata: renamed(metadata), data: dataOf(rest) };
    case 'pyerr':
      return { output_type: 'error', ...rest };
    case 'stream':
      return { output_type: type, name: stream, ...rest };
    default:
      return output;
  }
}

function dataOf(formats: Json): Json {
  const data = renamed(formats);
  const json = data['application/json'];
  if (typeof json !== 'string' && !Array.isArray(json)) return data;
  try {
    return { ...data, 'application/json': JSON.parse(textOf(json)) as unknown };
  } catch {
    throw new NotebookProblem('an output of JSON in it is no JSON');
  }
}

function renamed(formats: unknown): Json {
  if (!isObject(formats)) throw new NotebookProblem('an output has "metadata" that are no object');
  return Object.fromEntries(Object.entries(formats).map(([key, value]) => [mimeTypes[key] ?? key, value]));
}

function listOf(value: unknown, name: string): Json[] {
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new NotebookProblem(`its "${name}" are missing or no list of objects`);
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join('') : String(value));
