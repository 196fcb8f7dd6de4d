/**
 * Where the values of a JSON text stand, so that one can be replaced and the rest stays as it is, byte for byte. The text
 * has been parsed before: it is JSON.
 */

/** A part of a text: from `start` up to, without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Property {
  readonly key: string;
  readonly keyStart: number;
  readonly value: Span;
}

const blank = /[ \t\r\n]*/y;
const scalar = /[^,\]}\s]+/y;
const structure = /["[\]{}]/g;

const afterBlank = (text: string, at: number): number => match(blank, text, at);

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The value that begins at or, after blanks, behind `at`. */
export function valueAt(text: string, at: number): Span {
  const start = afterBlank(text, at);
  const first = text[start];
  if (first === '"') return { start, end: endOfString(text, start) };
  if (first !== '{' && first !== '[') return { start, end: match(scalar, text, start) };
  let depth = 0;
  for (let next = start; ;) {
    structure.lastIndex = next;
    const found = structure.exec(text);
    if (!found) return { start, end: text.length };
    if (found[0] === '"') next = endOfString(text, found.index);
    else {
      depth += found[0] === '{' || found[0] === '[' ? 1 : -1;
      next = found.index + 1;
      if (depth === 0) return { start, end: next };
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** The properties of an object, in order; a name that stands twice is there twice. */
export function propertiesOf(text: string, object: Span): Property[] {
  const found: Property[] = [];
  for (let at = afterBlank(text, object.start + 1); text[at] === '"';) {
    const key = { start: at, end: endOfString(text, at) };
    const value = valueAt(text, afterBlank(text, key.end) + 1);
    found.push({ key: JSON.parse(text.slice(key.start, key.end)) as string, keyStart: key.start, value });
    at = afterComma(text, value.end);
  }
  return found;
}

/** The elements of an array, in order. */
export function elementsOf(text: string, array: Span): Span[] {
  const found: Span[] = [];
  for (let at = afterBlank(text, array.start + 1); at < array.end - 1;) {
    const value = valueAt(text, at);
    found.push(value);
    at = afterComma(text, value.end);
  }
  return found;
}

function afterComma(text: string, at: number): number {
  const comma = afterBlank(text, at);
  return text[comma] === ',' ? afterBlank(text, comma + 1) : comma;
}

/** The property that counts where a name stands more than once: the last. */
export const propertyOf = (properties: readonly Property[], key: string): Property | undefined =>
  properties.findLast((property) => property.key === key);
