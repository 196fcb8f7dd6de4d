import type { z } from 'zod';
import { HttpError } from './errors.ts';

/** Of lists and objects in one another: deeper ones overflow what walks them later. */
const deepest = 200;

/**
 * Parses a body. Depth is bounded before anything is built, and a key that could reach a prototype when objects are merged
 * is refused.
 * @throws HttpError 400
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw new HttpError(400, `The JSON is nested deeper than ${deepest} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError(400, 'Invalid JSON in body of request');
  }
  if (hasPrototypeKey(value)) {
    throw new HttpError(400, 'The JSON has a key "__proto__".');
  }
  return value;
}

/**
 * The body in the shape that a route needs.
 * @throws HttpError 400 that names the fields
 */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new HttpError(400, `Invalid ${problemsOf(parsed.error).join('; ')}`);
}

/** What is wrong with a value: the fields, each with a sentence. */
export const problemsOf = ({ issues }: z.ZodError): readonly string[] =>
  issues.map(({ path, message }) => `${path.join('.') || 'JSON data'}: ${message}`);

/** Whether JSON is nested deeper than what walks it later can bear. */
export const isTooDeep = (json: string): boolean => json.length > 2 * deepest && depthOf(json) > deepest;

/** How deep the brackets go, outside of strings; true for text that is JSON. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) index = endOfString(text, index);
    else if (code === 0x5b || code === 0x7b) most = Math.max(most, (depth += 1));
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return most;
}

/** The quote that no odd number of backslashes stands before. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = at;
    while (text.charCodeAt(slashes - 1) === 0x5c) slashes -= 1;
    if ((at - slashes) % 2 === 0) return at;
  }
  return text.length;
}

/** Looks at the value: a key can be written with escapes, and to look for these in a large text takes longer. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
