import { closingTag } from './grammar.ts';
import { HelperParser } from './parser.ts';
import type { Ending, Piece } from './parser.ts';

/** More text than this in one turn is cut off, whatever the provider was asked for. */
const maxTurnChars = 1_000_000;

/** The text of one turn as it comes, over as many calls as it takes, and what is certain of it. */
export class TurnText {
  readonly #knows: (lang: string) => boolean;
  readonly #show: (pieces: readonly Piece[]) => void;
  readonly #begin: string;
  /** What we put before the next text that comes. */
  #prefix: string;
  #parser: HelperParser;
  #received: string[] = [];
  #chars = 0;
  /** Of the calls before this one: stays when this one begins anew. */
  #kept = '';

  /**
   * @param knows whether a helper may name this language
   * @param begin what we began the reply with: part of the text once something of the reply comes
   * @param show is given what is certain, in order; again from the beginning after `restart`
   */
  constructor(knows: (lang: string) => boolean, begin: string, show: (pieces: readonly Piece[]) => void) {
    this.#knows = knows;
    this.#begin = begin;
    this.#prefix = begin;
    this.#show = show;
    this.#parser = new HelperParser(knows);
  }

  /** All that was received, without what the parser did not read. */
  get text(): string {
    return this.#received.join('').slice(0, this.#parser.consumed);
  }

  /** A stop sequence has fired where the closing tag is quoted: the turn is not at its end. */
  get isCutInQuotation(): boolean {
    return this.#parser.isInQuotation;
  }

  /** Takes the next text; says when there is enough. */
  push(generated: string): 'stop' | 'length' | undefined {
    const text = this.#prefix + generated;
    this.#prefix = '';
    this.#received.push(text);
    this.#chars += text.length;
    this.#show(this.#parser.push(text));
    if (this.#parser.done) return 'stop';
    return this.#chars > maxTurnChars ? 'length' : undefined;
  }

  /** What came since the last `goOn` is void. */
  restart(): void {
    this.#parser = new HelperParser(this.#knows);
    this.#received = [];
    this.#chars = 0;
    this.#prefix = this.#kept === '' ? this.#begin : closingTag;
    if (this.#kept === '') return;
    this.#received = [this.#kept];
    this.#chars = this.#kept.length;
    this.#show(this.#parser.push(this.#kept));
  }

  /**
   * The next call goes on after the quoted closing tag that ended this one; the tag is part of the text once something comes.
   * @returns the text to go on from
   */
  goOn(): string {
    this.#kept = this.text;
    this.#prefix = closingTag;
    return this.#kept + closingTag;
  }

  end(reason: 'stop' | 'length' | 'aborted' | 'error'): Ending {
    const ending = this.#parser.end(reason);
    this.#show(ending.pieces);
    return ending;
  }
}
