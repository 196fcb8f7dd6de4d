import type { ChatImage } from '../providers/contract.ts';
import type { Bundle, WorkerOutput } from '../sandbox/contract.ts';
import type { ToolResult } from '../tools/contract.ts';
import { bound, escapeTags, plainText } from './escape.ts';
import { imageOf, mostOfResult } from './images.ts';
import { shortTraceback } from './traceback.ts';

/** What is kept of a running helper's text, in characters, however much it prints. */
const keptChars = 200_000;
const maxParts = 2000;
/** A helper that takes as long is one that a model should know of. */
const notableMs = 10_000;

/** Gathers what one helper emits and makes the text that the model is given. */
export class ResultCollector {
  #parts: string[] = [];
  #chars = 0;
  #dropped = 0;
  #clearNext = false;
  #images: ChatImage[] = [];

  add(output: WorkerOutput): void {
    if (output.kind === 'clear_output') {
      if (output.wait) this.#clearNext = true;
      else this.#clear();
      return;
    }
    if (this.#clearNext) this.#clear();
    const image = 'data' in output && output.kind !== 'comm' ? imageOf(output.data) : undefined;
    if (image !== undefined && this.#images.length < mostOfResult) this.#images.push(image);
    const text = describe(output);
    if (text === '') return;
    if (this.#parts.length >= maxParts || this.#chars + text.length > keptChars) this.#compact();
    this.#parts.push(text.length > keptChars / 2 ? this.#cut(text) : text);
    this.#chars += this.#parts.at(-1)?.length ?? 0;
  }

  /** The first of its images that a model can be given. */
  get images(): readonly ChatImage[] {
    return this.#images;
  }

  /**
   * The `<result>` block: bounded to about `limit` characters, without escape sequences, unable to open or close a tag.
   * @param hints lines that teach what to do next, ours and trusted
   * @param keep stores a text that is cut here; returns the path at which helpers find it
   */
  finish(
    result: ToolResult,
    limit: number,
    hints: readonly string[] = [],
    keep: (text: string) => string | undefined = () => undefined,
  ): string {
    const text = plainText(this.#parts.join('')).trim();
    const shown = bound(text, limit);
    const kept = text.length > limit ? keep(text) : undefined;
    const error = result.error && !this.#hasError(result.error.ename) ? shortTraceback(result.error) : '';
    const lost = this.#dropped > 0 ? `[${String(this.#dropped)} characters were not kept]` : '';
    const whole = kept === undefined ? '' : `[all of it is in the file ${JSON.stringify(kept)}]`;
    const took = result.durationMs < notableMs ? '' : `[it took ${(result.durationMs / 1000).toFixed(0)} s]`;
    const said = [shown, whole, error.slice(0, limit), lost, took, plainText(result.notice ?? '')].filter(
      (t) => t !== '',
    );
    const body = said.length > 0 ? said.join('\n') : emptyResult[result.status];
    return [`<result status="${result.status}">`, escapeTags(body), ...hints, '</result>'].join('\n');
  }

  #hasError(ename: string): boolean {
    return this.#parts.some((part) => part.includes(ename));
  }

  #clear(): void {
    this.#parts = [];
    this.#chars = 0;
    this.#dropped = 0;
    this.#images = [];
    this.#clearNext = false;
  }

  /** Keeps the first and the last quarter of what there is. */
  #compact(): void {
    const all = this.#parts.join('');
    const quarter = keptChars / 4;
    if (all.length > 2 * quarter) {
      this.#dropped += all.length - 2 * quarter;
      this.#parts = [all.slice(0, quarter), all.slice(-quarter)];
    } else this.#parts = [all];
    this.#chars = Math.min(all.length, 2 * quarter);
  }

  #cut(text: string): string {
    const quarter = keptChars / 4;
    this.#dropped += text.length - 2 * quarter;
    return text.slice(0, quarter) + text.slice(-quarter);
  }
}

const emptyResult: Readonly<Record<ToolResult['status'], string>> = {
  ok: '(no output: print what you need to see)',
  error: '(it failed without a message)',
  interrupted: '(stopped by the user)',
  timeout: '(it took too long and was stopped)',
  limit: '(it hit a limit and was stopped)',
  died: '(the process ended; its memory is lost)',
};

function describe(output: Exclude<WorkerOutput, { kind: 'clear_output' }>): string {
  switch (output.kind) {
    case 'stream':
      return output.text;
    case 'comm':
      return '';
    case 'error':
      return `\n${shortTraceback(output.error)}\n`;
    case 'display':
    case 'update_display':
    case 'result':
      return describeBundle(output.data);
  }
}

/** What the model reads of a rich output: its plain text (tables too), and a word for what it can't see. */
function describeBundle(data: Bundle): string {
  const image = Object.keys(data).find((mime) => mime.startsWith('image/'));
  if (image !== undefined) return `[${image}, shown to the reader]\n`;
  for (const mime of ['text/plain', 'text/markdown', 'text/latex', 'application/json']) {
    const value = data[mime];
    if (typeof value === 'string') return `${value}\n`;
    if (Array.isArray(value)) return `${value.join('')}\n`;
    if (value !== undefined && mime === 'application/json') return `${JSON.stringify(value)}\n`;
  }
  return `[${Object.keys(data).join(', ')}, shown to the reader]\n`;
}
