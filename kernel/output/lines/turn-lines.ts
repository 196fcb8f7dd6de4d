import type { TurnRecord } from '../../loop/events.ts';
import { codeFence } from '../firewall/markdown.ts';
import type { Redactor } from '../firewall/redact.ts';
import { StreamFilter, wellFormed } from '../firewall/stream.ts';
import { stripTerminal, TerminalStrip } from '../firewall/terminal.ts';
import { formatCount } from '../format.ts';
import { oneLine } from '../messages.ts';
import type { Outgoing } from '../outgoing.ts';
import type { LineBreaks } from './line-breaks.ts';

const longestText = 256_000;

export interface TurnLinesOptions {
  readonly turn: number;
  readonly model: string;
  /** Whether the model is another than that of the turn before. */
  readonly showModel: boolean;
  readonly redactor: Redactor;
  readonly outgoing: Outgoing;
  readonly lines: LineBreaks;
}

/**
 * One turn of the model for a client that shows text as it comes and never changes it: prose as it is written, code once
 * it is whole.
 */
export class TurnLines {
  private readonly options: TurnLinesOptions;
  private prose: StreamFilter;
  /** White space after the prose so far: shown only if more follows. */
  private space = '';
  private code: { readonly lang: string; readonly pieces: string[] } | undefined;
  private length = 0;
  private isShown = false;
  private hasProse = false;

  constructor(options: TurnLinesOptions) {
    this.options = options;
    const { turn, model, showModel, redactor } = options;
    this.prose = this.newProse();
    if (turn > 1) this.line([`\nturn ${turn}`, ...(showModel ? [oneLine(model, redactor)] : [])].join(' · '));
  }

  /** More text; `lang` is set for the code of a helper block. */
  add(text: string, lang?: string): void {
    const fits = text.slice(0, Math.max(0, longestText - this.length));
    this.length += text.length;
    if (lang === undefined) {
      this.showCode();
      this.show(this.prose.push(fits));
    } else {
      this.endProse();
      this.code ??= { lang, pieces: [] };
      this.code.pieces.push(fits);
    }
  }

  /** These clients keep no record. */
  helped(): void {
    // Nothing to show.
  }

  /** Says that the text so far is void, where there was any, and why. */
  restart(status: string): void {
    this.prose = this.newProse();
    this.space = '';
    this.code = undefined;
    this.length = 0;
    if (this.isShown) this.line('[What this turn has said so far is void.]');
    this.line(oneLine(status, this.options.redactor));
    this.isShown = false;
    this.hasProse = false;
  }

  /** A notice has said so. */
  answeredBy(): void {
    // Nothing that was shown names the model.
  }

  flush(): void {
    // Text is held back by `Outgoing` alone.
  }

  /** Shows the rest. Without a record the turn broke off. */
  end(record?: TurnRecord): void {
    this.endProse();
    this.showCode();
    const cut = this.length - longestText;
    if (cut > 0) this.line(`[${formatCount(cut)} more characters are not shown]`);
    if (record?.stop === 'length') this.line('[cut at the token limit]');
    if (record?.stop === 'filtered') this.line('[ended by the content filter]');
    if (record === undefined || record.stop === 'aborted') this.line('[broken off]');
  }

  private newProse(): StreamFilter {
    return new StreamFilter(this.options.redactor, new TerminalStrip());
  }

  private show(text: string): void {
    const whole = this.space + text;
    const body = this.hasProse ? whole.trimEnd() : whole.trim();
    this.space = whole.slice(whole.trimEnd().length);
    if (body === '') return;
    if (!this.hasProse) this.beginLine();
    this.hasProse = true;
    this.isShown = true;
    this.options.outgoing.stream('stdout', body);
  }

  private endProse(): void {
    this.show(this.prose.end());
    this.space = '';
    this.hasProse = false;
  }

  private showCode(): void {
    const { code } = this;
    this.code = undefined;
    if (code === undefined) return;
    const text = this.options.redactor.text(stripTerminal(wellFormed(code.pieces.join(''))));
    this.line(codeFence(text.replace(/^\n+|\s+$/g, ''), code.lang));
    this.isShown = true;
  }

  /** Text on lines of its own. */
  private line(text: string): void {
    this.beginLine();
    this.options.outgoing.stream('stdout', `${text}\n`);
  }

  private beginLine(): void {
    const { outgoing, lines } = this.options;
    outgoing.flush();
    if (lines.isOpen) outgoing.stream('stdout', '\n');
  }
}
