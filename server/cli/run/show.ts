import type { OutputMessage } from '../../outputs.ts';
import { withoutColours, withoutControls } from '../terminal/format.ts';
import type { Out } from '../terminal/progress.ts';

/** Shows a running cell in the terminal: streams as they come, of an updated display only what is new. */
export class TerminalShow {
  readonly #out: Out;
  readonly #colours: boolean;
  readonly #shown = new Map<string, string>();
  /** The display whose text ended the output so far: more of it may follow on the same line. */
  #open: string | undefined;
  #atLineStart = true;
  /** The last output was a stream: the next piece of one goes on where it ended. */
  #streams = false;

  constructor(out: Out = process.stdout, colours = Boolean(out.isTTY) && !process.env['NO_COLOR']) {
    this.#out = out;
    this.#colours = colours;
  }

  /** A cell begins. */
  prompt(count: number, source: string): void {
    const label = `In [${count}]: `;
    const text = withoutControls(source);
    this.#line(`\n${label}${text.split('\n').join(`\n${' '.repeat(label.length)}`)}\n`);
  }

  show(message: OutputMessage): void {
    this.#show(message);
    this.#streams = message.type === 'stream';
  }

  #show(message: OutputMessage): void {
    if (message.type === 'stream') {
      if (!this.#streams) this.#freshLine();
      this.#open = undefined;
      this.#write(message.content.text);
    } else if (message.type === 'error') {
      const { ename, evalue, traceback } = message.content;
      this.#line(traceback.join('\n') || `${ename}: ${evalue}`);
    } else if (message.type === 'execute_result') {
      this.#line(`Out[${message.content.execution_count}]: ${plainText(message.content.data)}`);
    } else if (message.type !== 'clear_output') {
      const { data, metadata, transient } = message.content;
      this.#display(transient?.display_id, openText(data, metadata));
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
      const goesOn = sameLine && this.#open === id;
      if (!goesOn) this.#freshLine();
      this.#write(goesOn ? more : more.replace(/^\n+/, ''));
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
 * What a text has that its earlier form, already shown, has not. What was shown can't be taken back: a first line that
 * changed (a heading that now counts tokens) is left as it is, and so are changed lines before the last one.
 */
export function whatIsNew(before: string, after: string): { more: string; sameLine: boolean } {
  if (after.startsWith(before)) return { more: after.slice(before.length), sameLine: true };
  const [body, ...bodies] = [withoutHeading(before), withoutHeading(after), after];
  const grown =
    body === '' ? bodies.find((text) => text !== '') : bodies.find((text) => text.startsWith(body));
  if (grown !== undefined) return { more: grown.slice(body.length), sameLine: body !== '' };
  const old = before.split('\n');
  const rest = after.split('\n').slice(old.length - 1);
  return { more: rest.join('\n'), sameLine: false };
}

const withoutHeading = (text: string): string =>
  text.includes('\n') ? text.slice(text.indexOf('\n') + 1) : '';

/** A turn that still streams closes its block of code for readers of the notebook; here more of it follows. */
function openText(data: Bundle, metadata: Bundle): string {
  const text = plainText(data);
  const replique = metadata['replique'];
  const streams = typeof replique === 'object' && replique !== null && 'streaming' in replique;
  return streams ? text.replace(/\n`{3,}$/, '') : text;
}

type Bundle = Readonly<Record<string, unknown>>;

function plainText(data: Bundle): string {
  const text = data['text/plain'] ?? data['text/markdown'];
  if (typeof text === 'string') return text;
  return `[${Object.keys(data).join(', ')}]`;
}
