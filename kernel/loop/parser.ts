import {
  classifyTag,
  closingTag,
  endOfCode,
  maxCodeChars,
  maxTagChars,
  mayBecomeTag,
  nameEnds,
  normaliseCode,
} from './grammar.ts';
import type { OpeningTag, Tag } from './grammar.ts';
import { Quotation } from './markdown.ts';
import type { Malformation } from './teaching.ts';

/** Text of a turn, in order, as far as it is decided. */
export type Piece =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'code'; readonly lang: string; readonly text: string };

/** What a whole turn is. */
export type Verdict =
  | { readonly kind: 'plain'; readonly fences: readonly string[] }
  | { readonly kind: 'helper'; readonly tag: OpeningTag; readonly code: string }
  | { readonly kind: 'malformed'; readonly malformation: Malformation };

export interface Ending {
  readonly pieces: readonly Piece[];
  readonly verdict: Verdict;
  /** What a stop sequence took off the end of the text: to be put back. */
  readonly putBack: string;
  /** How many characters at the end of the text stand where the closing tag alone should; 0 where nothing does. */
  readonly excess: number;
}

/**
 * Finds the helper block in a turn while it streams; the grammar is in grammar.ts, what counts as quoted in
 * markdown.ts. The pieces joined, the verdict and `consumed` depend on the text alone, never on how it was cut. Linear
 * in the text; what is held back is bounded by the longest tag.
 */
export class HelperParser {
  readonly #knows: (lang: string) => boolean;
  readonly #quotation = new Quotation();
  #pieces: Piece[] = [];
  #candidate = '';
  #named = false;
  #tag: OpeningTag | undefined;
  #code: string[] = [];
  #codeChars = 0;
  #verdict: Verdict | undefined;
  #consumed = 0;
  #excess = 0;

  /** @param knows whether a helper may name this language */
  constructor(knows: (lang: string) => boolean) {
    this.#knows = knows;
  }

  /** The turn is decided: nothing after this is read. */
  get done(): boolean {
    return this.#verdict !== undefined;
  }

  /** How many characters of what was pushed belong to the turn. */
  get consumed(): number {
    return this.#consumed;
  }

  /** The text so far ends inside a quotation in which a closing tag may have stood next. */
  get isInQuotation(): boolean {
    return !this.done && !this.#tag && this.#candidate === '' && this.#quotation.isOpen;
  }

  /** Takes the next text and returns what is now certain. */
  push(text: string): readonly Piece[] {
    let from = 0;
    let at = 0;
    for (; at < text.length && !this.#verdict; at += 1) {
      const char = text.charAt(at);
      if (this.#candidate !== '') {
        from = this.#continueTag(char) ? at + 1 : at;
        if (from === at + 1) continue;
      }
      if (this.#tag && this.#codeChars + at + 1 - from > maxCodeChars) {
        this.#emit(text.slice(from, at + 1));
        continue;
      }
      if (this.#tag ? char !== '<' : !this.#quotation.step(char) || char !== '<') continue;
      this.#emit(text.slice(from, at));
      this.#candidate = char;
      from = at + 1;
    }
    this.#consumed += at;
    if (!this.#verdict && this.#candidate === '') this.#emit(text.slice(from, at));
    return this.#take();
  }

  /** The generation has ended. `stop`: by itself or by the stop sequence. */
  end(reason: 'stop' | 'length' | 'aborted' | 'error'): Ending {
    const putBack = this.#verdict ? '' : this.#close(reason);
    const verdict = this.#verdict ?? { kind: 'plain', fences: this.#quotation.fences };
    return { pieces: this.#take(), verdict, putBack, excess: this.#excess };
  }

  #close(reason: 'stop' | 'length' | 'aborted' | 'error'): string {
    const held = this.#candidate;
    if (this.#tag && reason === 'stop') {
      const partOfTag = closingTag.startsWith(held);
      if (!partOfTag) this.#emit(held);
      this.#candidate = '';
      this.#finish(0);
      return partOfTag ? closingTag.slice(held.length) : closingTag;
    }
    this.#emit(held);
    if (this.#tag) this.#fail(reason === 'length' ? 'cut' : 'unclosed');
    else if (held.startsWith('<helpers')) this.#fail('unclosed');
    else if (this.#quotation.quotesTag) this.#fail('quoted');
    return '';
  }

  /** Takes a character into the candidate; `false` if the candidate was text and the character is still to be read. */
  #continueTag(char: string): boolean {
    if (!this.#named) {
      if (this.#candidate === '<' && !' \t/hH'.includes(char)) return this.#release();
      if (mayBecomeTag(this.#candidate + char)) {
        this.#candidate += char;
        return true;
      }
      if (!nameEnds(this.#candidate, char)) return this.#release();
      this.#named = true;
    }
    if (char === '<' || char === '\n' || this.#candidate.length >= maxTagChars) {
      return this.#decide(classifyTag(this.#candidate)) || this.#release();
    }
    this.#candidate += char;
    return char !== '>' || this.#decide(classifyTag(this.#candidate)) || this.#releaseWhole();
  }

  /** Acts on a complete candidate; `false` if it is text after all. */
  #decide(tag: Tag): boolean {
    if (this.#tag) {
      if (tag.kind === 'close') this.#finish(0);
      else if (tag.kind === 'open') this.#openedAgain();
      else if (tag.kind === 'look-alike' && tag.closing) this.#fail('closing');
      else return false;
    } else if (tag.kind === 'open' && this.#knows(tag.tag.lang)) {
      this.#tag = tag.tag;
    } else if (tag.kind === 'text') {
      return false;
    } else {
      this.#emit(this.#candidate);
      this.#fail(proseProblem[tag.kind]);
    }
    this.#candidate = '';
    this.#named = false;
    return true;
  }

  /** On a line of its own after code, an opening tag stands for the closing one: small models confuse the two. */
  #openedAgain(): void {
    const before = this.#code.join('');
    if (before.trim() === '' || !before.endsWith('\n')) {
      this.#fail('nested');
      return;
    }
    this.#finish(this.#candidate.length);
  }

  /** The candidate is text: the quotation gets to see what it has not seen of it. It holds no second `<`. */
  #release(): false {
    const text = this.#candidate;
    this.#candidate = '';
    this.#named = false;
    this.#emit(text);
    if (!this.#tag) for (const char of text.slice(1)) this.#quotation.step(char);
    return false;
  }

  #releaseWhole(): true {
    this.#release();
    return true;
  }

  /** @param slip length of an opening tag that stands for the closing one */
  #finish(slip: number): void {
    const raw = this.#code.join('');
    const code = normaliseCode(raw);
    if (!this.#tag || code === '') {
      this.#fail('empty');
      return;
    }
    const prose = raw.length - endOfCode(raw);
    this.#excess = prose === 0 ? slip : prose + (slip || closingTag.length);
    this.#verdict ??= { kind: 'helper', tag: this.#tag, code };
  }

  #fail(malformation: Malformation): void {
    this.#verdict ??= { kind: 'malformed', malformation };
  }

  #emit(text: string): void {
    if (text === '') return;
    if (!this.#tag) {
      this.#pieces.push({ kind: 'prose', text });
      return;
    }
    const room = maxCodeChars - this.#codeChars;
    this.#codeChars += text.length;
    this.#code.push(text.slice(0, room));
    if (room > 0) this.#pieces.push({ kind: 'code', lang: this.#tag.lang, text: text.slice(0, room) });
    if (text.length > room) this.#fail('oversized');
  }

  #take(): readonly Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}

const proseProblem = {
  open: 'language',
  close: 'stray-close',
  'bad-attributes': 'attributes',
  'look-alike': 'look-alike',
} as const satisfies Record<Exclude<Tag['kind'], 'text'>, Malformation>;
