/**
 * The grammar of helper blocks, decided on exact ASCII as received: no case folding, no entities, no clean-up.
 *
 *     block     = "<helpers" *(1*SP attribute) *SP ">" code "</helpers>"
 *     attribute = ("lang" / "timeout" / "title") "=" DQUOTE value DQUOTE       ; each at most once, in any order
 *     lang      = 1*32(ALPHA / DIGIT / "_" / "+" / "." / "#" / "-")            ; absent: python
 *     timeout   = seconds, more than 0 and at most 86400, up to three decimals
 *     title     = *120(any character but a control character, DQUOTE, "<", ">")
 *     code      = at most 100,000 characters, with neither a complete opening tag nor a closing one
 *
 * Described for people in docs/reference/helpers.md.
 */

export const closingTag = '</helpers>';
export const maxCodeChars = 100_000;
/** A tag longer than this is none. */
export const maxTagChars = 300;
const defaultLang = 'python';

/** What an opening tag says. */
export interface OpeningTag {
  readonly lang: string;
  readonly timeoutMs?: number;
  readonly title?: string;
}

/** What a candidate that begins with something like `<helpers` turned out to be. */
export type Tag =
  | { readonly kind: 'open'; readonly tag: OpeningTag }
  | { readonly kind: 'close' }
  | { readonly kind: 'bad-attributes' }
  | { readonly kind: 'look-alike'; readonly closing: boolean }
  | { readonly kind: 'text' };

const attribute = /^(lang|timeout|title)="([^"]*)"/;
const values = {
  lang: /^[A-Za-z0-9_+.#-]{1,32}$/,
  timeout: /^\d{1,5}(\.\d{1,3})?$/,

  title: /^[^\u0000-\u001f\u007f"<>]{0,120}$/,
} as const;

/** The beginning of what may become a tag or a look-alike; `true` for every beginning of one. */
export function mayBecomeTag(text: string): boolean {
  return /^<[ \t]{0,3}\/?[ \t]{0,3}(h(e(l(p(e(rs?)?)?)?)?)?)?$/i.test(text);
}

/** The name is complete and `next` is not part of it. */
export function nameEnds(text: string, next: string): boolean {
  return /helpers?$/i.test(text) && !/[A-Za-z0-9_:.-]/.test(next);
}

/** Classifies a complete candidate: from its `<` to its `>`, or to where it broke off. */
export function classifyTag(text: string): Tag {
  if (text === closingTag) return { kind: 'close' };
  const tag = text.startsWith('<helpers') && text.endsWith('>') ? parseOpening(text) : undefined;
  if (tag) return { kind: 'open', tag };
  if (/^<helpers([ \t>/]|$)/.test(text)) return { kind: 'bad-attributes' };
  if (/^<[ \t]*\/?[ \t]*helpers?([ \t][^<>]*=[^<>]*|[ \t]*\/?)>$/i.test(text)) {
    return { kind: 'look-alike', closing: /^<[ \t]*\//.test(text) };
  }
  return { kind: 'text' };
}

function parseOpening(text: string): OpeningTag | undefined {
  let rest = text.slice('<helpers'.length, -1);
  const found: { lang?: string; timeout?: string; title?: string } = {};
  while (rest.trimStart() !== '') {
    const spaces = /^ +/.exec(rest)?.[0].length ?? 0;
    const match = attribute.exec(rest.slice(spaces));
    if (spaces === 0 || !match) return undefined;
    const name = match[1] as keyof typeof found;
    const value = match[2] ?? '';
    if (found[name] !== undefined || !values[name].test(value)) return undefined;
    found[name] = value;
    rest = rest.slice(spaces + match[0].length);
  }
  const seconds = found.timeout === undefined ? undefined : Number(found.timeout);
  if (/[^ ]/.test(rest) || (seconds !== undefined && (seconds <= 0 || seconds > 86_400))) return undefined;
  return {
    lang: found.lang ?? defaultLang,
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
    ...(found.title === undefined ? {} : { title: found.title }),
  };
}

/**
 * The code of a block as it is shown, checked and run: line ends made `\n`, a Markdown fence around it, with what
 * follows that fence's end, and blank lines at both ends removed.
 */
export function normaliseCode(raw: string): string {
  const code = trimBlankLines(raw.slice(0, endOfCode(raw)).replace(/\r\n?/g, '\n'));
  const inner = /^```[A-Za-z0-9]*[ \t]*\n(?<inner>[^]*)$/.exec(code)?.groups?.['inner'];
  return inner === undefined || /^```/m.test(inner) ? code : trimBlankLines(inner);
}

/**
 * Where the code of a block ends: at the line that closes a fence, if it is the only one that could, else at the end.
 * Small models close a fence that they never opened and go on in prose before the closing tag.
 */
export function endOfCode(raw: string): number {
  const fences = [...raw.matchAll(/(?<![^\n])```[^\n]*/g)].filter(
    ({ index }) => raw.slice(0, index).trim() !== '',
  );
  const [only] = fences;
  return fences.length === 1 && only?.[0].trimEnd() === '```' ? only.index : raw.length;
}

function trimBlankLines(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return first === -1
    ? ''
    : lines
        .slice(first, last + 1)
        .join('\n')
        .trimEnd();
}
