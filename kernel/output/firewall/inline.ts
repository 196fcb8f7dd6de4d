import { misleads, safeAddress } from './links.ts';
import { neutralMacros } from './latex.ts';

/** Where a construct begins that is looked at: code, mathematics, tags, images, links, definitions, ftp. */
const interesting = /\\[\\`$]|`+|~{3,}|\$\$?|<|!(?=\[)|\[|\](?=[(:[])|ftp(?=:)/gi;
const destination =
  /\(((?:https?:\/\/|mailto:|#)(?:[^\s<>()[\]\\`"'|*$&]|\([^\s<>()[\]\\`"'|*$&]{0,200}\)|&(?![#a-z0-9]{1,32};)){1,2000})(?:[ \t]+"[^"\n<>\\`&[\]!$]{0,200}")?\)/iy;
const autolink = /<(https?:\/\/[^\s<>()[\]\\`"'|*$&]{1,2000})>/iy;
const inlineMath = /\$(?=[^\s$])((?:[^$\n\\`]|\\[^\n`]){0,1000})\$(?!\d)/y;
const displayMath = /\$\$((?:[^$\n\\`]|\\[^\n`]|\n(?![ \t]*\n)){0,4000})\$\$/y;
const plainInfo = /[ \t]*[\w+#.-]{0,30}[ \t]*(?:\n|$)/y;
/** What could act if a renderer did not see code where we do. */
const actsOutsideCode = /[<&\\$]|@@|\]\(|\]:|\]\[|!\[|ftp:/i;

const entity = (text: string): string =>
  text.replaceAll(/[^\w\s]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** What renderers turn into a link without being asked. */
const bareAddress = /(?:https?:\/\/|www\.)[^\s<]*/gi;

/** Markdown without fences, made safe; see `safeMarkdown`. */
export function safeInline(prose: string): string {
  return new InlineRewriter(prose).run().replaceAll(bareAddress, withoutMath).replaceAll('@@', '&#64;&#64;');
}

/** JupyterLab puts mathematics back after rendering, quotes unescaped: within an address they would end its attribute. */
const withoutMath = (address: string): string => address.replaceAll('$', '&#36;').replaceAll('\\', '&#92;');

/** One pass from left to right; every construct that is not known to be harmless is left as visible text. */
class InlineRewriter {
  private readonly text: string;
  private at = 0;
  private readonly parts: string[] = [];
  /** Where in `parts` the text of a link may begin. */
  private readonly brackets: number[] = [];
  private readonly runs: ReadonlyMap<number, readonly number[]>;

  constructor(text: string) {
    this.text = text;
    this.runs = backtickRuns(text);
  }

  run(): string {
    const scan = new RegExp(interesting);
    for (;;) {
      scan.lastIndex = this.at;
      const found = scan.exec(this.text);
      if (found === null) break;
      this.plain(this.text.slice(this.at, found.index));
      this.at = found.index;
      this.construct(found[0]);
    }
    this.plain(this.text.slice(this.at));
    return this.parts.join('');
  }

  private plain(text: string): void {
    if (text === '') return;
    this.parts.push(text.includes('\\') ? neutralMacros(text, '&#92;') : text);
  }

  private write(text: string, used: number): void {
    this.parts.push(text);
    this.at += used;
  }

  /** Text that begins with a bracket, which no `!` before it may turn into an image. */
  private open(text: string, used: number): void {
    const before = this.parts.at(-1) ?? '';
    if (before.endsWith('!')) this.parts[this.parts.length - 1] = `${before.slice(0, -1)}&#33;`;
    this.write(text, used);
  }

  private construct(token: string): void {
    switch (token[0]) {
      case '`':
        this.code(token);
        break;
      case '~':
        this.unmatched(token);
        break;
      case '$':
        this.math(token);
        break;
      case '<':
        this.angle();
        break;
      case '!':
        this.image();
        break;
      case '[':
        this.brackets.push(this.parts.length + 1);
        this.open('[', 1);
        break;
      case ']':
        this.bracket();
        break;
      case '\\':
        this.write(token, token.length);
        break;
      default:
        this.write(`${token}&#58;`, token.length + 1);
        break;
    }
  }

  /** A code span within one line; its content is made of entities wherever it could act outside code. */
  private code(run: string): void {
    const start = this.at + run.length;
    const end = nextAfter(this.runs.get(run.length) ?? [], start);
    const content = end === undefined ? '\n' : this.text.slice(start, end);
    if (end === undefined || content.includes('\n')) {
      this.unmatched(run);
      return;
    }
    const shown = actsOutsideCode.test(content)
      ? `<code>${entity(content.trim())}</code>`
      : `${run}${content}${run}`;
    this.write(shown, content.length + 2 * run.length);
  }

  /** May begin a fence within a list or quote, whose first line becomes an attribute: only a plain word may follow. */
  private unmatched(run: string): void {
    plainInfo.lastIndex = this.at + run.length;
    const isHarmless = run.length < 3 || plainInfo.test(this.text);
    this.write(isHarmless ? run : entity(run), run.length);
  }

  private math(token: string): void {
    const pattern = token === '$$' ? displayMath : inlineMath;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    const tex = found?.[1];
    if (found === null || tex === undefined || /\s$/.test(tex) !== /^\s/.test(tex)) {
      this.write(token, token.length);
      return;
    }
    const safe = neutralMacros(tex.replaceAll('<', '\\lt '))
      .replaceAll('](', '] (')
      .replaceAll('![', '! [')
      .replaceAll(']:', '] :')
      .replaceAll(/ftp:/gi, 'ftp :');
    this.write(`${token}${safe}${token}`, found[0].length);
  }

  private angle(): void {
    autolink.lastIndex = this.at;
    const address = autolink.exec(this.text)?.[1];
    if (address === undefined) this.write('&lt;', 1);
    else this.open(`[${address}](${address})`, address.length + 2);
  }

  private image(): void {
    this.brackets.push(this.parts.length + 1);
    this.open('[image: ', 2);
  }

  private bracket(): void {
    const start = this.brackets.pop();
    destination.lastIndex = this.at + 1;
    const found = this.text[this.at + 1] === '(' ? destination.exec(this.text) : null;
    const address = found?.[1] === undefined ? undefined : safeAddress(found[1]);
    if (found === null || address === undefined || start === undefined) {
      this.write('&#93;', 1);
      return;
    }
    const label = this.parts
      .slice(start, start + 100)
      .join('')
      .replaceAll(/[*_~`\\]|<\/?code>/g, '')
      .replaceAll(/&#(\d+);/g, decoded);
    const follows = ` (→ \`${address}\`)`;
    const isThere = this.text.startsWith(follows, this.at + 1 + found[0].length);
    const real = !isThere && misleads(label, address) ? follows : '';
    this.write(`]${found[0]}${real}`, 1 + found[0].length);
  }
}

const decoded = (_whole: string, code: string): string =>
  String.fromCodePoint(Math.min(Number(code), 0xffff));

/** Start offsets of the runs of backticks, by their length. */
function backtickRuns(text: string): ReadonlyMap<number, readonly number[]> {
  const runs = new Map<number, number[]>();
  for (const found of text.matchAll(/`+/g)) {
    const starts = runs.get(found[0].length);
    if (starts === undefined) runs.set(found[0].length, [found.index]);
    else starts.push(found.index);
  }
  return runs;
}

/** The first of the ascending numbers that is not below `least`. */
function nextAfter(ascending: readonly number[], least: number): number | undefined {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return ascending[low];
}
