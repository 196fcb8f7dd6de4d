import type { Bundle } from '../sandbox/contract.ts';
import { wellFormed } from './firewall/stream.ts';
import type { Redactor } from './firewall/redact.ts';
import type { KeptFile, KeptFiles } from './kept-files.ts';

const mostFiles = 20;
const mostBytes = 64_000_000;
/** What is smaller is never refused for its size. */
const smallest = 250_000;

const extensions: ReadonlyMap<string, string> = new Map([
  ['text/plain', 'txt'],
  ['text/html', 'html'],
  ['text/markdown', 'md'],
  ['text/latex', 'tex'],
  ['application/json', 'json'],
  ['image/svg+xml', 'svg'],
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
]);

/** What one cell showed beyond the bounds, in files of the workspace; within bounds of their own. */
export class KeptOutputs {
  readonly #files: KeptFiles | undefined;
  readonly #name: string;
  readonly #redactor: Redactor;
  #text: KeptFile | undefined;
  #count = 0;
  #bytes = 0;

  constructor(files: KeptFiles | undefined, cell: number, redactor: Redactor) {
    this.#files = files;
    this.#name = `cell-${cell}`;
    this.#redactor = redactor;
  }

  /** Keeps text of a stream that went through the firewall and is not shown. */
  text(rest: string): void {
    if (rest === '' || !this.#takes(Buffer.byteLength(rest))) return;
    this.#text ??= this.#create('txt');
    this.#text?.write(rest);
  }

  /** Where the text is that was cut, if it was kept. */
  endText(): string | undefined {
    const path = this.#text?.path;
    this.#text?.close();
    this.#text = undefined;
    return path;
  }

  /**
   * Keeps those parts of a bundle that are too large to be shown.
   * @param shown what is
   * @returns sentences that say where they are
   */
  bundle(data: Bundle, shown: Bundle): string[] {
    return Object.entries(data).flatMap(([type, value]) => {
      const extension = extensions.get(type);
      const text =
        typeof value === 'string' ? value : type === 'application/json' ? JSON.stringify(value) : '';
      const isCut = type === 'text/plain' && text.length > 1_000_000;
      if (extension === undefined || text.length < smallest || (type in shown && !isCut)) return [];
      const bytes = /^image\/(?!svg)/.test(type)
        ? Buffer.from(text, 'base64')
        : Buffer.from(this.#redactor.text(wellFormed(text)));
      const file = this.#takes(bytes.length) ? this.#create(extension) : undefined;
      file?.write(bytes);
      file?.close();
      return file === undefined ? [] : [`What is too large to be shown is in ${file.path}.`];
    });
  }

  #takes(bytes: number): boolean {
    if (this.#bytes + bytes > mostBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  #create(extension: string): KeptFile | undefined {
    if (this.#count >= mostFiles) return undefined;
    this.#count += 1;
    return this.#files?.create(this.#name, extension);
  }
}
