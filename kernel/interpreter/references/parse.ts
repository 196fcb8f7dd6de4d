import { isFenceEnd, openingFence, type Fence } from './fences.ts';

/** What a prompt points at. `written` is the text as it stands there. */
export type Reference =
  /** `isSure`: in braces, which have no other use in prose; words in backticks may be anything. */
  | {
      readonly kind: 'variable';
      readonly written: string;
      readonly path: readonly string[];
      readonly isSure: boolean;
    }
  /** `isSure`: it is written as only a file is; a bare `@word` may be a person, or a decorator. */
  | { readonly kind: 'file'; readonly written: string; readonly path: string; readonly isSure: boolean }
  /** A number below zero counts back from this cell; −1 is the one before it. */
  | {
      readonly kind: 'cell';
      readonly written: string;
      readonly part: 'in' | 'out';
      readonly number: number;
    };

const marks = /[`{@]/;
const longestName = 200;
const dotted = /^[\p{ID_Start}_][\p{ID_Continue}]*(?:\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;
const braces = /\{([^{}`\s]{1,200})\}/y;
const cell = /^(In|Out)\[(0|-?[1-9]\d{0,5})\]$/;
const quoted = /@(?:"([^"]{1,1024})"|'([^']{1,1024})')/y;
const bare = /@([\p{L}\p{N}\p{M}_.\-~/+]+)/uy;
/** What stands before a reference, if anything does: not part of a word, a formula or a template. */
const opener = /[\s([,;:"'“‘«„—–|>*]/;
/** What makes of `{name}` a piece of something longer: `{id}.json`, `\frac{a}{b}`, `/users/{id}/posts`. */
const continued = /^(?:[\p{L}\p{N}_{/\\^$%=-]|\.[\p{L}\p{N}_{])/u;
/** A line of code with a template in it. */
const template = /\b[fF][rR]?["']|\.format\(/;
const ordinary =
  /\.(?:csv|tsv|txt|md|rst|log|jsonl?|ndjson|geojson|ya?ml|toml|ini|cfg|conf|xml|html?|css|js|ts|py|ipynb|r|sql|sh|tex|bib|png|jpe?g|gif|svg|webp|pdf|parquet|feather|arrow|xlsx?|ods|docx?|npy|npz|pkl|h5|hdf5|db|sqlite|zip|gz|tar|dat|bin)$/i;
const likePath = /^(?:~|\.{0,2}\/)|\/$/;

/**
 * The references of a prompt, each once, in the order in which they stand: `` `name` ``, `{name}`, `{Out[3]}`,
 * `@file`. What stands in a fence is none. Takes time in proportion to the length of the text.
 */
export function referencesIn(prompt: string): readonly Reference[] {
  if (!marks.test(prompt)) return [];
  const found = new Map<string, Reference>();
  let fence: Fence | undefined;
  for (const line of prompt.split('\n')) {
    if (fence !== undefined) {
      if (isFenceEnd(line, fence)) fence = undefined;
      continue;
    }
    fence = openingFence(line);
    if (fence !== undefined || !marks.test(line)) continue;
    for (const reference of inLine(line)) {
      const key = keyOf(reference);
      const before = found.get(key);
      if (before === undefined || (isUnsure(before) && !isUnsure(reference))) found.set(key, reference);
    }
  }
  return [...found.values()];
}

const isUnsure = (reference: Reference): boolean => 'isSure' in reference && !reference.isSure;

function keyOf(reference: Reference): string {
  switch (reference.kind) {
    case 'variable':
      return `variable ${reference.path.join('.')}`;
    case 'file':
      return `file ${reference.path}`;
    case 'cell':
      return `cell ${reference.part} ${reference.number}`;
  }
}

function* inLine(line: string): Generator<Reference> {
  const closings = closingsIn(line);
  const isTemplate = template.test(line);
  const mark = /[`{@]/g;
  const nextMark = (from: number): number => {
    mark.lastIndex = from;
    return mark.exec(line)?.index ?? -1;
  };
  for (let at = nextMark(0); at !== -1;) {
    let end = at + 1;
    if (line[at] === '`') {
      const run = runAt(line, at);
      const closing = closings.get(at);
      end = closing === undefined ? at + run : closing + run;
      if (run === 1 && closing !== undefined && line[at - 1] !== '\\') {
        const name = line.slice(at + 1, closing);
        if (isPath(name)) yield variable(line.slice(at, end), name, false);
      }
    } else if (!(isTemplate && line[at] === '{') && (at === 0 || opener.test(line[at - 1] ?? ''))) {
      const reference = line[at] === '{' ? inBraces(line, at) : fileAt(line, at);
      if (reference !== undefined) {
        yield reference;
        end = at + reference.written.length;
      }
    }
    at = nextMark(end);
  }
}

function runAt(line: string, at: number): number {
  let end = at;
  while (line[end] === '`') end += 1;
  return end - at;
}

/** For each run of backticks, where the next of the same length is. */
function closingsIn(line: string): ReadonlyMap<number, number> {
  const next = new Map<number, number>();
  const closings = new Map<number, number>();
  for (const run of [...line.matchAll(/`+/g)].reverse()) {
    const closing = next.get(run[0].length);
    if (closing !== undefined) closings.set(run.index, closing);
    next.set(run[0].length, run.index);
  }
  return closings;
}

const isPath = (text: string): boolean => text.length <= longestName && dotted.test(text) && text !== '_';

const variable = (written: string, name: string, isSure: boolean): Reference => ({
  ...{ kind: 'variable', written, isSure },
  path: name.normalize('NFKC').split('.'),
});

function inBraces(line: string, at: number): Reference | undefined {
  braces.lastIndex = at;
  const match = braces.exec(line);
  const inside = match?.[1];
  if (match === null || inside === undefined) return undefined;
  if (continued.test(line.slice(braces.lastIndex, braces.lastIndex + 2))) return undefined;
  if (inside === '_') return { kind: 'cell', written: match[0], part: 'out', number: -1 };
  const [, part, number] = cell.exec(inside) ?? [];
  if (number !== undefined) {
    return {
      ...{ kind: 'cell', written: match[0] },
      ...{ part: part === 'In' ? 'in' : 'out', number: Number(number) },
    };
  }
  return isPath(inside) ? variable(match[0], inside, true) : undefined;
}

function fileAt(line: string, at: number): Reference | undefined {
  quoted.lastIndex = at;
  const inQuotes = quoted.exec(line);
  if (inQuotes !== null) {
    const path = inQuotes[1] ?? inQuotes[2] ?? '';
    return { kind: 'file', written: inQuotes[0], path, isSure: true };
  }
  bare.lastIndex = at;
  const match = bare.exec(line);
  const after = line[bare.lastIndex];
  if (match === null || after === '@' || after === '(') return undefined;
  const path = (match[1] ?? '').replace(/\.+$/, '');
  if (path === '' || path.length > 1024) return undefined;
  return { kind: 'file', written: `@${path}`, path, isSure: ordinary.test(path) || likePath.test(path) };
}
