import { isObject, type Json } from './structure.ts';

type Problem = string | undefined;

const outputKeys: Readonly<Record<string, readonly string[]>> = {
  execute_result: ['output_type', 'data', 'metadata', 'execution_count'],
  display_data: ['output_type', 'data', 'metadata'],
  stream: ['output_type', 'name', 'text'],
  error: ['output_type', 'ename', 'evalue', 'traceback'],
};

/** What is wrong with an output after nbformat's schema. */
export function outputProblem(output: Json, isFuture: boolean): Problem {
  const type = output['output_type'];
  const keys = typeof type === 'string' && Object.hasOwn(outputKeys, type) ? outputKeys[type] : undefined;
  if (keys === undefined) {
    return isFuture && type !== undefined ? undefined : 'output_type is none of those that there are';
  }
  const unknown = isFuture ? undefined : Object.keys(output).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    return `Additional properties are not allowed (${JSON.stringify(unknown.slice(0, 80))} was unexpected)`;
  }
  const missing = keys.find((key) => !(key in output));
  if (missing !== undefined) return `'${missing}' is a required property`;
  switch (type) {
    case 'stream':
      return typeof output['name'] === 'string'
        ? textProblem('text', output['text'])
        : 'name must be a string';
    case 'error':
      return errorProblem(output);
    default:
      return dataProblem(output, isFuture);
  }
}

function errorProblem({ ename, evalue, traceback }: Json): Problem {
  if (typeof ename !== 'string' || typeof evalue !== 'string') return 'ename and evalue must be strings';
  return isStrings(traceback) ? undefined : 'traceback must be a list of strings';
}

function dataProblem({ data, metadata, execution_count: count = null }: Json, isFuture: boolean): Problem {
  if (count !== null && !(Number.isInteger(count) && (count as number) >= 0)) {
    return 'execution_count must be null or an integer of 0 or more';
  }
  return isObject(metadata) ? bundleProblem('data', data, isFuture) : 'metadata must be an object';
}

/** What is wrong with a cell's attachments, if it has any. */
export function attachmentsProblem(attachments: unknown, isFuture: boolean): Problem {
  if (attachments === undefined) return undefined;
  if (!isObject(attachments)) return 'attachments must be an object';
  for (const bundle of Object.values(attachments)) {
    const found = bundleProblem('attachments', bundle, isFuture);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A later format may have data of other kinds. */
function bundleProblem(where: string, bundle: unknown, isFuture: boolean): Problem {
  if (!isObject(bundle)) return `${where} must be an object`;
  if (isFuture) return undefined;
  for (const [type, value] of Object.entries(bundle)) {
    if (/^application\/(.*\+)?json$/.test(type)) continue;
    const found = textProblem(`${where}[${JSON.stringify(type.slice(0, 80))}]`, value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is wrong with a text that may be a list of lines. */
export const textProblem = (where: string, value: unknown): Problem =>
  typeof value === 'string' || isStrings(value)
    ? undefined
    : `${where} must be a string or a list of strings`;

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((line) => typeof line === 'string');
