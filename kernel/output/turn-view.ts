import type { TapedRequest, TapedResult, TurnRecord } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import { showInvisible } from './firewall/invisible.ts';
import { codeFence, safeMarkdown } from './firewall/markdown.ts';
import type { Redactor } from './firewall/redact.ts';
import { wellFormed } from './firewall/stream.ts';
import { stripTerminal } from './firewall/terminal.ts';
import { formatCount, formatDuration, formatUsage } from './format.ts';
import { displayData, markdownName, oneLine, quietLine, updateDisplay, withReplique } from './messages.ts';
import { mime, type TurnTape } from './schema.ts';
import { sealOf } from './seal.ts';

const shortestIntervalMs = 50;
/** An update carries the whole text, so long texts are updated less often: at most this many characters a second. */
const charactersPerMs = 300;
const longestText = 256_000;

interface Segment {
  readonly lang: string | undefined;
  readonly pieces: string[];
}

export interface TurnViewOptions {
  readonly turn: number;
  /** At first; see `answeredBy`. */
  readonly model: string;
  /** Whether the header names the model: in the first turn and where it changes. */
  readonly showModel: boolean;
  readonly displayId: string;
  readonly redactor: Redactor;
  readonly publish: (message: IopubMessage) => void;
}

/** One turn of the model on the screen: appears when it starts, follows the stream, and ends with its record. */
export class TurnView {
  private readonly options: TurnViewOptions;
  private segments: Segment[] = [];
  private length = 0;
  private shown = 0;
  private model: string;
  private showModel: boolean;
  /** A line below the text, until there is text. */
  private status: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastSize = 0;
  /** What its last state showed, and what of it is for the tape. */
  private last: { data: Record<string, unknown>; metadata: Record<string, unknown> } | undefined;
  private tape: Omit<TurnTape, 'seal'> | undefined;

  constructor(options: TurnViewOptions) {
    this.options = options;
    this.model = options.model;
    this.showModel = options.showModel;
    options.publish(displayData(this.bundle([]), this.metadata(true), options.displayId));
  }

  /** More text; `lang` is set for the code of a helper block. */
  add(text: string, lang?: string): void {
    this.status = undefined;
    const fits = text.slice(0, Math.max(0, longestText - this.length));
    this.length += text.length;
    const last = this.segments.at(-1);
    if (last !== undefined && last.lang === lang) last.pieces.push(fits);
    else this.segments.push({ lang, pieces: [fits] });
    if (this.shown <= 0 && this.timer === undefined) this.refresh();
    const delay = Math.max(shortestIntervalMs, this.lastSize / charactersPerMs);
    this.timer ??= setTimeout(() => this.refresh(), delay).unref();
  }

  /** Takes back the text so far; `status` stands in its place until there is text again. */
  restart(status: string): void {
    this.segments = [];
    this.length = 0;
    this.status = status;
    this.shown = -1;
    this.refresh();
  }

  /** Another model than the one named so far writes this turn. */
  answeredBy(model: string): void {
    this.model = model;
    this.showModel = true;
  }

  /** Shows at once what has not been shown yet. */
  flush(): void {
    if (this.timer !== undefined) this.refresh();
  }

  /**
   * The last state. Without a record the turn broke off, and what there is stays.
   * @param request what is recorded of what was asked; absent: nothing is
   */
  end(record?: TurnRecord, durationMs?: number, request?: TapedRequest): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.status = undefined;
    const data = this.bundle(this.heading(record, durationMs), false);
    if (record !== undefined) data[mime.turn] = this.options.redactor.json(record);
    const metadata = this.metadata(false, record?.final, durationMs);
    this.last = { data, metadata };
    if (record !== undefined && request !== undefined) {
      this.tape = this.options.redactor.json({ version: 1, ...request }) as Omit<TurnTape, 'seal'>;
    }
    this.showLast();
  }

  /** Records what came of the turn's helper. */
  helped(result: TapedResult): void {
    if (this.tape === undefined) return;
    this.tape = {
      ...this.tape,
      result: this.options.redactor.json(result) as NonNullable<TurnTape['result']>,
    };
    this.showLast();
  }

  private showLast(): void {
    if (this.last === undefined) return;
    const { data, metadata } = this.last;
    const { tape } = this;
    const taped = tape && { [mime.tape]: { ...tape, seal: sealOf(data[mime.turn], tape) } };
    this.options.publish(updateDisplay({ ...data, ...taped }, metadata, this.options.displayId));
  }

  private refresh(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.shown === this.length) return;
    this.shown = this.length;
    this.options.publish(updateDisplay(this.bundle([]), this.metadata(true), this.options.displayId));
  }

  private metadata(streaming: boolean, final?: boolean, durationMs?: number): Record<string, unknown> {
    return {
      ...withReplique({
        kind: 'turn',
        turn: this.options.turn,
        ...(streaming && { streaming }),
        ...(final === true && { final }),
        ...(durationMs !== undefined && { durationMs }),
      }),
    };
  }

  /** What the header says after the turn's number; undefined where no header is needed. */
  private heading(record: TurnRecord | undefined, durationMs: number | undefined): string[] | undefined {
    if (record?.final === true) return this.options.turn === 1 ? undefined : ['final'];
    return [
      ...(record === undefined ? [] : [formatUsage(record.usage)]),
      ...(durationMs === undefined ? [] : [formatDuration(durationMs)]),
      ...(record?.stop === 'length' ? ['cut at the token limit'] : []),
      ...(record?.stop === 'filtered' ? ['ended by the content filter'] : []),
      ...(record === undefined || record.stop === 'aborted' ? ['broken off'] : []),
    ];
  }

  private bundle(heading: readonly string[] | undefined, streaming = true): Record<string, unknown> {
    const { turn, redactor } = this.options;
    const { model, showModel } = this;
    const rest = heading ?? [];
    const named = showModel && rest[0] !== 'final';
    const plainHead = [`turn ${turn}`, ...(named ? [oneLine(model, redactor)] : []), ...rest].join(' · ');
    const head = [`turn ${turn}`, ...(named ? [markdownName(model, redactor)] : []), ...rest].join(' · ');
    const texts = this.texts(streaming);
    const cut = this.length - longestText;
    const more = cut > 0 ? [`[${formatCount(cut)} more characters are not shown]`] : [];
    const markdown = texts.map(({ lang, text }) =>
      lang === undefined ? safeMarkdown(text) : codeFence(text.replace(/^\n+|\s+$/g, ''), lang),
    );
    const plain = texts.map(({ lang, text }) =>
      lang === undefined ? showInvisible(text).trim() : codeFence(text.replace(/^\n+|\s+$/g, ''), lang),
    );
    const status = this.status === undefined ? undefined : quietLine(this.status, redactor);
    const data = {
      'text/markdown': joined(
        [
          ...(heading === undefined ? [] : [`*${head}*`]),
          ...markdown,
          ...more,
          ...(status ? [status.markdown] : []),
        ],
        '\n\n',
      ),
      'text/plain': joined(
        [...(heading === undefined ? [] : [plainHead]), ...plain, ...more, ...(status ? [status.plain] : [])],
        '\n',
      ),
    };
    this.lastSize = data['text/markdown'].length + data['text/plain'].length;
    return data;
  }

  /** The text so far without controls and secrets; while streaming, without what may become a secret. */
  private texts(streaming: boolean): { lang: string | undefined; text: string }[] {
    const { redactor } = this.options;
    return this.segments.map(({ lang, pieces }, index) => {
      const text = redactor.text(stripTerminal(wellFormed(pieces.join(''))));
      const isOpen = streaming && index === this.segments.length - 1;
      return { lang, text: isOpen ? text.slice(0, text.length - redactor.unsure(text)) : text };
    });
  }
}

const joined = (blocks: readonly string[], separator: string): string =>
  blocks.filter((block) => block !== '').join(separator);
