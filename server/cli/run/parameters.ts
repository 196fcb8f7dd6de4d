import { InvalidArgumentError } from 'commander';
import type { AddedCell } from '../notebook/edit.ts';
import type { Cell } from '../notebook/schema.ts';
import { tagsOf } from '../notebook/schema.ts';

/** Values by name, as papermill's `-p` takes them. */
export type Parameters = ReadonlyMap<string, string>;

const keywords = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global ' +
    'if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/**
 * Adds one NAME=VALUE to those so far.
 * @throws InvalidArgumentError
 */
export function addParameter(pair: string, before: Parameters = new Map()): Parameters {
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(0, equals));
  if (equals < 0) throw new InvalidArgumentError('Write -p NAME VALUE.');
  if (!/^[A-Za-z_]\w*$/.test(name) || keywords.has(name)) {
    throw new InvalidArgumentError(`${JSON.stringify(name)} can't be a variable of Python.`);
  }
  return new Map([...before, [name, pair.slice(equals + 1)]]);
}

/** Joins the two words behind each `-p` to NAME=VALUE: options of two words, as papermill has them, are unknown here. */
export function joinParameters(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return [...joined, ...words.slice(at)];
    const [name, value] = [words[at + 1], words[at + 2]];
    if ((word === '-p' || word === '--parameters') && name !== undefined && value !== undefined) {
      joined.push(`--parameters=${name}=${value}`);
      at += 2;
    } else joined.push(word);
  }
  return joined;
}

/**
 * The cell that sets the parameters, as papermill makes it: in the place of the one from an earlier run, else behind the
 * cell that is tagged `parameters`, else first.
 */
export function parametersCell(parameters: Parameters, cells: readonly Cell[]): AddedCell {
  const assignments = [...parameters].map(([name, value]) => `${name} = ${literal(value)}\n`);
  const source = `# Parameters\n${assignments.join('')}`;
  const tagged = (tag: string) => cells.findIndex((cell) => tagsOf(cell).includes(tag));
  const earlier = tagged('injected-parameters');
  const index = earlier >= 0 ? earlier : tagged('parameters') + 1;
  return { index, replaces: earlier >= 0, source, tags: ['injected-parameters'] };
}

/** A word of the command line as a Python literal: True, False, None and numbers are what they look like. */
function literal(word: string): string {
  if (/^(?:True|False|None)$/.test(word)) return word;
  if (/^[-+]?\d+$/.test(word)) return word.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  if (/^[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?$/.test(word)) return word.replace(/^\+/, '');
  const special = /^[-+]?(?:nan|inf)$/i.exec(word)?.[0].toLowerCase().replace('+', '');
  if (special !== undefined) return `float('${special.replace('-nan', 'nan')}')`;
  return pythonString(word);
}

/** Text as a Python string literal in double quotes. */
export function pythonString(text: string): string {
  const escaped = text.replaceAll(/[\\"\p{Cc}\p{Cs}\u2028\u2029]/gu, (found) => {
    if (found === '\\' || found === '"') return `\\${found}`;
    if (found === '\n') return '\\n';
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
