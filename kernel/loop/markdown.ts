/**
 * Follows Markdown just far enough to know what is quoted: fenced code, inline code and block quotes. Decided from
 * left to right, without looking ahead, one character at a time:
 *
 * - a fence opens where a line begins (after spaces and list markers) with three or more ` or ~, and closes at a line
 *   of at least as many of the same character and nothing else; ` in a ` fence's info makes it inline code instead;
 * - inline code opens at a run of backticks and closes at a run of the same length or at the end of the line;
 * - a line whose first character is > is quoted to its end;
 * - a character after a backslash, outside of these, is quoted.
 */
export class Quotation {
  #mode: Mode = 'line-start';
  #mark = '';
  #run = 0;
  #width = 0;
  #tail = false;
  #info = '';
  #tag = '';
  #quotesTag = false;
  readonly #fences: string[] = [];

  /** Takes the next character; `true` if it is plain text, so that a tag may begin with it. */
  step(char: string): boolean {
    const plain = this.#step(char);
    if (plain) {
      this.#tag = '';
      this.#quotesTag = false;
    } else this.#watch(char);
    return plain;
  }

  /** The quotation that is open now holds an opening helper tag and no closing one. */
  get quotesTag(): boolean {
    return this.#quotesTag;
  }

  /** A quotation is open in which no reply ends by itself: inline code, or one that holds an opening helper tag. */
  get isOpen(): boolean {
    if (this.#quotesTag) return true;
    if (this.#mode === 'opening-run') return this.#run < 3;
    return (
      this.#mode === 'span' ||
      this.#mode === 'escape' ||
      (this.#mode === 'span-run' && this.#run !== this.#width)
    );
  }

  /** The first words after the fences' opening marks, in lower case (empty where there is none). */
  get fences(): readonly string[] {
    return this.#fences;
  }

  #step(char: string): boolean {
    switch (this.#mode) {
      case 'line-start':
      case 'bullet':
      case 'digits':
      case 'numbered':
        return this.#beginLine(char);
      case 'text':
        return this.#text(char);
      case 'escape':
        this.#mode = char === '\n' ? 'line-start' : 'text';
        return false;
      case 'quote-line':
        if (char === '\n') this.#mode = 'line-start';
        return false;
      case 'opening-run':
        return this.#openingRun(char);
      case 'info':
        return this.#fenceInfo(char);
      case 'span':
      case 'span-run':
        return this.#span(char);
      case 'fence-start':
      case 'fence-run':
      case 'fence-line':
        return this.#fence(char);
    }
  }

  #beginLine(char: string): boolean {
    const blank = char === ' ' || char === '\t';
    const digit = char >= '0' && char <= '9';
    if (this.#mode === 'line-start') {
      if (blank || char === '\n') return true;
      if (char === '`' || char === '~') return this.#startRun(char, true);
      if (char === '>') return this.#become('quote-line', false);
      if (char === '-' || char === '*' || char === '+') return this.#become('bullet', true);
      if (digit) return this.#become('digits', true);
    } else if (this.#mode === 'digits') {
      if (digit) return true;
      if (char === '.' || char === ')') return this.#become('numbered', true);
    } else if (blank) return this.#become('line-start', true);
    return this.#text(char);
  }

  #text(char: string): boolean {
    this.#mode = 'text';
    if (char === '\n') return this.#become('line-start', true);
    if (char === '\\') return this.#become('escape', true);
    if (char === '`') return this.#startRun(char, false);
    return true;
  }

  #startRun(char: string, fence: boolean): boolean {
    this.#mark = fence ? char : '';
    this.#run = 1;
    return this.#become('opening-run', false);
  }

  #openingRun(char: string): boolean {
    if (char === (this.#mark || '`')) {
      this.#run += 1;
      return false;
    }
    this.#width = this.#run;
    if (this.#mark !== '' && this.#width >= 3) {
      this.#info = '';
      this.#mode = 'info';
      return this.#fenceInfo(char);
    }
    if (this.#mark === '~') return this.#text(char);
    this.#mode = 'span';
    return this.#span(char);
  }

  #fenceInfo(char: string): boolean {
    if (char === '\n') {
      this.#fences.push(/^[^\s{]*/.exec(this.#info.trimStart())?.[0].toLowerCase() ?? '');
      return this.#become('fence-start', false);
    }
    if (char === '`' && this.#mark === '`') {
      this.#run = 1;
      return this.#become('span-run', false);
    }
    if (this.#info.length < 40) this.#info += char;
    return false;
  }

  #span(char: string): boolean {
    if (char === '`') {
      this.#run = this.#mode === 'span-run' ? this.#run + 1 : 1;
      return this.#become('span-run', false);
    }
    if (this.#mode === 'span-run' && this.#run === this.#width) return this.#text(char);
    return this.#become(char === '\n' ? 'line-start' : 'span', false);
  }

  #fence(char: string): boolean {
    const blank = char === ' ' || char === '\t' || char === '\r';
    if (char === '\n') {
      const closed = this.#mode === 'fence-run' && this.#run >= this.#width;
      return this.#become(closed ? 'line-start' : 'fence-start', false);
    }
    if (this.#mode === 'fence-start' && blank) return false;
    if (this.#mode === 'fence-start' && char === this.#mark) {
      this.#run = 1;
      this.#tail = false;
      return this.#become('fence-run', false);
    }
    if (this.#mode === 'fence-run' && char === this.#mark && !this.#tail) {
      this.#run += 1;
      return false;
    }
    if (this.#mode === 'fence-run' && blank) {
      this.#tail = true;
      return false;
    }
    return this.#become('fence-line', false);
  }

  #become(mode: Mode, plain: boolean): boolean {
    this.#mode = mode;
    return plain;
  }

  #watch(char: string): void {
    if (this.#tag === '' && char !== '<') return;
    const next = this.#tag + char;
    this.#tag = ['<helpers', '</helpers>'].some((tag) => tag.startsWith(next))
      ? next
      : char === '<'
        ? char
        : '';
    if (this.#tag === '<helpers') this.#quotesTag = true;
    if (this.#tag === '</helpers>') this.#quotesTag = false;
  }
}

type Mode =
  | 'line-start'
  | 'bullet'
  | 'digits'
  | 'numbered'
  | 'quote-line'
  | 'text'
  | 'escape'
  | 'opening-run'
  | 'info'
  | 'span'
  | 'span-run'
  | 'fence-start'
  | 'fence-run'
  | 'fence-line';
