import { z } from 'zod';
import { showInvisible } from '../firewall/invisible.ts';
import { wellFormed } from '../firewall/stream.ts';

const longestText = 200_000;
const mostItems = 20_000;
const deepest = 4;

const reference = /^IPY_MODEL_([\w-]{1,64})$/;
const cssWord = /^[\w\s.,%#()+*/'"[\]-]{0,300}$/;
const cssActs = /url|image|expression|attr|env|element|src|import|var\(/i;
const iconName = /^[\w -]{0,100}$/;

/** The model that a reference names. */
export function referred(value: unknown): string | undefined {
  return typeof value === 'string' ? reference.exec(value)?.[1] : undefined;
}

/** Plain text as it may stand in a widget; undefined where it is none. */
export function safeText(value: string): string | undefined {
  return value.length > longestText ? undefined : showInvisible(wellFormed(value));
}

/** Text that older front ends put into the page as HTML: no tag can begin in it. */
export function withoutTags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTags);
  return typeof value === 'string' ? value.replaceAll(/<(?=[a-z/!?])/gi, '‹') : value;
}

/** Numbers, texts, and shallow lists and objects of them; undefined where it is anything else. */
export function plainValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return safeText(value);
  if (value === null || typeof value !== 'object') return value;
  const items = Object.values(value);
  if (depth >= deepest || items.length > mostItems) return undefined;
  if (Array.isArray(value)) return items.map((item) => plainValue(item, depth + 1) ?? null);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.slice(0, 200), plainValue(item, depth + 1) ?? null]),
  );
}

/** A CSS value that loads nothing; a margin below zero would lay a widget over the page. */
export function safeCss(key: string, value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string' || !cssWord.test(value) || cssActs.test(value)) return undefined;
  return key === 'margin' && /-\s*[\d.(]|calc/.test(value) ? undefined : value;
}

/** Names of icons; anything else would be classes of the page's own. */
export function safeIcons(value: unknown): unknown {
  const icons: unknown[] = Array.isArray(value) ? value : [value];
  return icons.length <= mostItems && icons.every((icon) => typeof icon === 'string' && iconName.test(icon))
    ? value
    : undefined;
}

/** The CSS classes that are widgets' own; others could imitate the notebook's controls. */
export function safeClasses(value: unknown): unknown {
  const classes = z.array(z.string()).max(100).safeParse(value);
  return classes.success ? classes.data.filter((name) => /^widget-[\w-]{1,60}$/.test(name)) : undefined;
}

/** One of the looks that a control can have. */
export function safeLook(value: unknown): unknown {
  return z.enum(['', 'primary', 'success', 'info', 'warning', 'danger']).safeParse(value).data;
}

/** References to other models. */
export function safeReferences(value: unknown): unknown {
  const list = z.array(z.string().regex(reference)).max(2000).safeParse(value);
  return list.success ? list.data : undefined;
}

export function safeReference(value: unknown): unknown {
  return value === null || referred(value) !== undefined ? value : undefined;
}
