/** ECMA-48 control functions: https://ecma-international.org/publications-and-standards/standards/ecma-48/ */

/** Every control character but tab, line feed, carriage return and backspace; DEL and C1 with them. */
const controls = /[\u0000-\u0007\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
const wholeColour = /\u001b\[[0-9;:]{0,64}m/y;
const colours = /^[0-9;:]{0,64}$/;
const longestSequence = 256;
const longestString = 4096;

const isStringIntroducer = (c: number): boolean =>
  c === 0x90 || c === 0x98 || c === 0x9d || c === 0x9e || c === 0x9f;

/**
 * Lets text and SGR colours through and removes every other control sequence: cursor movement, titles, hyperlinks,
 * device control, C1. Keeps its place between pushes, so a sequence may be cut anywhere.
 * A string sequence that does not end within its line or within 4096 characters stops being hidden there.
 */
export class TerminalFilter {
  private mode: 'text' | 'escape' | 'csi' | 'string' | 'string-escape' = 'text';
  private parameters = '';
  private swallowed = 0;

  push(text: string): string {
    let out = '';
    let at = 0;
    while (at < text.length) {
      if (this.mode === 'text') {
        const found = nextControl(text, at);
        if (found < 0) return at === 0 ? text : out + text.slice(at);
        out += text.slice(at, found);
        this.open(text.charCodeAt(found));
        at = found + 1;
      } else {
        const { shown, used } = this.step(text.charCodeAt(at));
        out += shown;
        if (used) at++;
      }
    }
    return out;
  }

  private open(code: number): void {
    this.parameters = '';
    this.swallowed = 0;
    if (code === 0x1b) this.mode = 'escape';
    else if (code === 0x9b) this.mode = 'csi';
    else if (isStringIntroducer(code)) this.mode = 'string';
  }

  /** One character inside a sequence; `used: false` hands it back to be read as text. */
  private step(code: number): { shown: string; used: boolean } {
    switch (this.mode) {
      case 'escape':
        return this.inEscape(code);
      case 'csi':
        return this.inCsi(code);
      case 'string':
        return this.inString(code);
      case 'string-escape':
        if (code === 0x5c) return this.close(true);
        this.mode = 'escape';
        return { shown: '', used: false };
      case 'text':
        return { shown: '', used: false };
    }
  }

  private inEscape(code: number): { shown: string; used: boolean } {
    if (code === 0x5b) this.mode = 'csi';
    else if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) {
      this.mode = 'string';
    } else if (code >= 0x20 && code <= 0x2f && ++this.swallowed < longestSequence) {
      return { shown: '', used: true };
    } else return this.close(code >= 0x30 && code <= 0x7e);
    return { shown: '', used: true };
  }

  private inCsi(code: number): { shown: string; used: boolean } {
    if (code >= 0x20 && code <= 0x3f && ++this.swallowed < longestSequence) {
      this.parameters += String.fromCharCode(code);
      return { shown: '', used: true };
    }
    if (code === 0x6d && colours.test(this.parameters)) {
      this.mode = 'text';
      return { shown: `\u001b[${this.parameters}m`, used: true };
    }
    return this.close(code >= 0x40 && code <= 0x7e);
  }

  private inString(code: number): { shown: string; used: boolean } {
    if (code === 0x07 || code === 0x9c || code === 0x18 || code === 0x1a) return this.close(true);
    if (code === 0x0a || ++this.swallowed > longestString) return this.close(false);
    if (code === 0x1b) this.mode = 'string-escape';
    return { shown: '', used: true };
  }

  private close(used: boolean): { shown: string; used: boolean } {
    this.mode = 'text';
    return { shown: '', used };
  }
}

/** Where the next control character from `from` on stands that does not begin a whole colour; -1 if none does. */
function nextControl(text: string, from: number): number {
  controls.lastIndex = from;
  for (let found = controls.exec(text); found !== null; found = controls.exec(text)) {
    wholeColour.lastIndex = found.index;
    if (!wholeColour.test(text)) return found.index;
    controls.lastIndex = wholeColour.lastIndex;
  }
  return -1;
}

/** A whole text without control sequences; colours stay. */
export function filterTerminal(text: string): string {
  return new TerminalFilter().push(text);
}

/** A whole text without any control sequence and without backspaces and lone carriage returns. */
export function stripTerminal(text: string): string {
  return new TerminalStrip().push(text);
}

/** As `stripTerminal`, for text that comes in pieces, which may be cut anywhere. */
export class TerminalStrip {
  private readonly filter = new TerminalFilter();
  private endsInReturn = false;

  push(text: string): string {
    const shown = this.filter
      .push(text)
      .replaceAll(/\u001b\[[0-9;:]*m/g, '')
      .replaceAll('\b', '');
    if (shown === '') return '';
    const rest = this.endsInReturn && shown.startsWith('\n') ? shown.slice(1) : shown;
    this.endsInReturn = shown.endsWith('\r');
    return rest.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  }
}
