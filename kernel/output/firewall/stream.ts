import type { Redactor } from './redact.ts';
import { TerminalFilter } from './terminal.ts';
import { showInvisible } from './invisible.ts';

/** The firewall of one text stream, whose chunks may cut a sequence, a secret or a character anywhere. */
export class StreamFilter {
  private readonly terminal: Pick<TerminalFilter, 'push'>;
  private readonly redactor: Redactor;
  private held = '';

  /** @param terminal what it takes out of what controls a terminal */
  constructor(redactor: Redactor, terminal: Pick<TerminalFilter, 'push'> = new TerminalFilter()) {
    this.redactor = redactor;
    this.terminal = terminal;
  }

  /** What of the text so far can be shown. */
  push(text: string): string {
    const known = this.redactor.text(this.held + this.terminal.push(text));
    const cut = known.length - Math.max(this.redactor.unsure(known), endsWithinCharacter(known) ? 1 : 0);
    this.held = known.slice(cut);
    return showInvisible(wellFormed(known.slice(0, cut)));
  }

  /** What was held back, for when no more follows. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return showInvisible(wellFormed(rest));
  }
}

const endsWithinCharacter = (text: string): boolean => /[\ud800-\udbff]$/.test(text.slice(-1));

/** Lone surrogates become U+FFFD: they have no UTF-8. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? text.replaceAll(/\p{Surrogate}/gu, '\ufffd') : text;
}
