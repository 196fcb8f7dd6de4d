import type { OutputMessage } from './outputs.ts';
import { withoutColours } from '../terminal/format.ts';
import type { Out } from '../terminal/progress.ts';

/** Shows a running cell in the terminal: streams as they come, of an updated display only what is new. */
export class TerminalShow {
  readonly #out: Out;
  readonly #colours: boolean;
  readonly #shown = new Map<string, string>();
  /** The display whose text ended the output so far: more of it may follow on the same line. */
  #open: string | undefined;
  #atLineStart = true;

  constructor(out: Out = process.stdout, colours = Boolean(out.isTTY) && !process.env['NO_COLOR']) {
    this.#out = out;
    this.#colours = colours;
  }

  /** A cell begins. */
  prompt(count: number, source: string): void {
    const label = `In [${count}]: `;
    this.#line(`\n${label}${source.split('\n').join(`\n${' '.repeat(label.length)}`)}\n`);
  }

  show(message: OutputMessage): void {
    if (message.type === 'stream') {
      this.#open = undefined;
      this.#write(message.content.text);
    } else if (message.type === 'error') {
      const { ename, evalue, traceback } = message.content;
      this.#line(traceback.join('\n') || `${ename}: ${evalue}`);
    } else if (message.type === 'execute_result') {
      this.#line(`Out[${message.content.execution_count}]: ${plainText(message.content.data)}`);
    } else if (message.type !== 'clear_output') {
      this.#display(message.content.transient?.display_id, plainText(message.content.data));
    }
  }

  #display(id: string | undefined, text: string): void {
    const before = id === undefined ? undefined : this.#shown.get(id);
    if (id === undefined || before === undefined) {
      this.#freshLine();
      this.#write(text);
    } else {
      const { more, sameLine } = whatIsNew(before, text);
      if (more === '') return;
      if (!sameLine || this.#open !== id) this.#freshLine();
      this.#write(more);
    }
    this.#open = id;
    if (id !== undefined) this.#shown.set(id, text);
  }

  #line(text: string): void {
    this.#freshLine();
    this.#write(`${text}\n`);
    this.#open = undefined;
  }

  /** Ends the line if something stands on it. */
  #freshLine(): void {
    if (!this.#atLineStart) this.#write('\n');
  }

  #write(text: string): void {
    if (text === '') return;
    this.#out.write(this.#colours ? text : withoutColours(text));
    this.#atLineStart = text.endsWith('\n');
  }
}

/**
 * What a text has that its earlier form, already shown, has not. Lines shown before that have changed since (a
 * heading that now counts tokens) can't be taken back and are left as they are.
 */
export function whatIsNew(before: string, after: string): { more: string; sameLine: boolean } {
  if (after.startsWith(before)) return { more: after.slice(before.length), sameLine: true };
  const old = before.split('\n');
  const fresh = after.split('\n');
  const last = old.length - 1;
  const lastBefore = old[last] ?? '';
  const lastAfter = fresh[last] ?? '';
  const rest = fresh.slice(old.length);
  if (lastAfter.startsWith(lastBefore) || last === 0) {
    const tail = last === 0 ? [] : [lastAfter.slice(lastBefore.length)];
    return { more: [...tail, ...rest].join('\n'), sameLine: last > 0 };
  }
  return { more: [lastAfter, ...rest].join('\n'), sameLine: false };
}

function plainText(data: Readonly<Record<string, unknown>>): string {
  const text = data['text/plain'] ?? data['text/markdown'];
  if (typeof text === 'string') return text;
  return `[${Object.keys(data).join(', ')}]`;
}
