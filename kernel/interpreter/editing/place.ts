/** What stands before the cursor, and where it begins. */
export type Place =
  | { readonly kind: 'magic'; readonly word: string; readonly start: number; readonly isFirstLine: boolean }
  /** `before`: what of the arguments stands before the word. */
  | {
      readonly kind: 'argument';
      readonly magic: string;
      readonly before: string;
      readonly word: string;
      readonly start: number;
    }
  /** In a cell that asks for help. */
  | { readonly kind: 'topic'; readonly word: string; readonly start: number }
  /** In the body of a cell magic. */
  | { readonly kind: 'body'; readonly magic: string }
  | WordPlace;

/** What stands in the words of a prompt. */
export type WordPlace =
  | {
      readonly kind: 'name';
      readonly path: readonly string[];
      readonly word: string;
      readonly start: number;
      readonly inBraces: boolean;
    }
  | { readonly kind: 'cell'; readonly part: 'In' | 'Out'; readonly word: string; readonly start: number }
  | { readonly kind: 'file'; readonly path: string; readonly start: number; readonly inQuotes: boolean }
  | { readonly kind: 'nothing' };

const nothing = { kind: 'nothing' } as const;
/** What may stand before a reference: it is no part of a word. */
const opener = /[\s([,;:"'“‘«„—–|>*]/u;
const dotted = /^((?:[\p{ID_Start}_]\p{ID_Continue}*\.)*)((?:[\p{ID_Start}_]\p{ID_Continue}*)?)$/u;
const cell = /^(In|Out)\[(-?\d{0,6})$/;
const file = /(?:^|(.))@(?:"([^"]*)|([\p{L}\p{N}\p{M}_.\-~/+]*))$/su;
const magicWord = /^(%{1,2}\w*)$/;
const magicCall = /^%([A-Za-z]\w*)[ \t]+(.*)$/s;
const cellMagic = /^%%([A-Za-z]\w*)/;

/** What the cursor stands at, in a cell that is not of Python. */
export function placeAt(source: string, index: number): Place {
  const before = source.slice(0, index);
  const first = source.search(/\S/);
  const leading = source.slice(Math.max(first, 0));
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.slice(lineStart);
  const isFirstLine = lineStart <= first || first < 0;
  const bodyOf = cellMagic.exec(leading)?.[1];
  if (bodyOf !== undefined && !isFirstLine) return { kind: 'body', magic: bodyOf };
  if (leading.startsWith('?') && isFirstLine) {
    const word = before.slice(Math.max(first, 0)).replace(/^\?+\s*/, '');
    return { kind: 'topic', word, start: index - word.length };
  }
  if (!isMagicLine(before.slice(0, lineStart))) return wordAt(source, index);
  const call = line.trimStart();
  const word = magicWord.exec(call)?.[1];
  if (word !== undefined) return { kind: 'magic', word, start: index - word.length, isFirstLine };
  const [, magic, args = ''] = magicCall.exec(call.replace(/^%%/, '%')) ?? [];
  if (magic === undefined) return call.startsWith('%') ? nothing : wordAt(source, index);
  const typed = args.slice(Math.max(...[' ', '\t', ';'].map((mark) => args.lastIndexOf(mark))) + 1);
  const rest = args.slice(0, args.length - typed.length);
  return { kind: 'argument', magic, before: rest, word: typed, start: index - typed.length };
}

/** Whether only magics stand in the lines before. */
const isMagicLine = (lines: string): boolean =>
  lines.split('\n').every((line) => line.trim() === '' || line.trim().startsWith('%'));

/** What the cursor stands at, in the words of a prompt. */
export function wordAt(source: string, index: number): WordPlace {
  const line = source.slice(source.lastIndexOf('\n', index - 1) + 1, index);
  const span = openSpan(line);
  if (span !== undefined) return span.length === 1 ? nameIn(line.slice(span.end), index, false) : nothing;
  const brace = line.lastIndexOf('{');
  if (brace >= 0 && isOpened(line, brace)) {
    const place = nameIn(line.slice(brace + 1), index, true);
    if (place.kind !== 'nothing') return place;
  }
  const match = file.exec(line);
  if (match === null || (match[1] !== undefined && !opener.test(match[1]))) return nothing;
  const [whole, previous = '', quoted, bare = ''] = match;
  const start = index - whole.length + previous.length;
  return { kind: 'file', path: quoted ?? bare, start, inQuotes: quoted !== undefined };
}

const isOpened = (line: string, at: number): boolean => at === 0 || opener.test(line[at - 1] ?? '');

/** The run of backticks that nothing has closed yet. */
function openSpan(line: string): { readonly length: number; readonly end: number } | undefined {
  let open: { length: number; end: number } | undefined;
  for (const { 0: run, index } of line.matchAll(/`+/g)) {
    if (open === undefined) open = { length: run.length, end: index + run.length };
    else if (open.length === run.length) open = undefined;
  }
  return open;
}

function nameIn(text: string, index: number, inBraces: boolean): WordPlace {
  const [, part, number] = (inBraces && cell.exec(text)) || [];
  if (part !== undefined && number !== undefined) {
    return { kind: 'cell', part: part as 'In' | 'Out', word: number, start: index - number.length };
  }
  const [, path, word] = dotted.exec(text) ?? [];
  if (path === undefined || word === undefined) return nothing;
  const parts = path.split('.').filter((each) => each !== '');
  return { kind: 'name', path: parts, word, start: index - word.length, inBraces };
}
