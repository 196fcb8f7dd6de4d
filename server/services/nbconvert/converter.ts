import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { temporaryDir } from '../../../kernel/paths.ts';
import { HttpError } from '../../http/errors.ts';

/** What a notebook can become, with its MIME type. Other formats of nbconvert need LaTeX, pandoc or a browser, which would run on what
 * stands in the notebook. */
export const formats = {
  html: 'text/html',
  markdown: 'text/markdown',
  notebook: 'application/json',
  script: 'text/plain',
  slides: 'text/html',
} as const satisfies Readonly<Record<string, string>>;

export type Format = keyof typeof formats;

export interface Conversion {
  readonly format: Format;
  /** Of the notebook, without its extension. */
  readonly name: string;
  /** The notebook as JSON. */
  readonly notebook: string;
}

export interface Converted {
  /** With its character set. */
  readonly mimetype: string;
  /** With its dot. */
  readonly extension: string;
  readonly body: Buffer;
}

export interface ConverterOptions {
  /** A Python that has nbconvert. */
  readonly python: string;
  /** The program that it runs. */
  readonly program: string;
  readonly limits?: Partial<typeof defaults>;
}

/** Bounds of one conversion: time, memory, and bytes of the notebook and of what comes of it. */
const defaults = {
  milliseconds: 60_000,
  memory: 4 * 2 ** 30,
  input: 64 * 2 ** 20,
  output: 256 * 2 ** 20,
  atOnce: 2,
};
const mostSaid = 4000;

/** A notebook's metadata may say how a script's name ends: this is what is believed. */
const head = z.object({
  isPacked: z.boolean(),
  extension: z
    .string()
    .regex(/^(?:\.[\w+-]{1,20}){1,3}$/)
    .catch('.txt'),
});

/** Converts notebooks with an installed nbconvert, in a process of its own for each. */
export class Converter {
  readonly #options: ConverterOptions;
  readonly #limits: typeof defaults;
  #running = 0;

  constructor(options: ConverterOptions) {
    this.#options = options;
    this.#limits = { ...defaults, ...options.limits };
  }

  /**
   * @param signal stops it
   * @throws HttpError 400 where it can't be converted, 413, 503 where too many are
   */
  async convert(conversion: Conversion, signal: AbortSignal): Promise<Converted> {
    const { input, atOnce } = this.#limits;
    if (Buffer.byteLength(conversion.notebook) > input)
      throw new HttpError(413, `A notebook of more than ${input / 2 ** 20} MB is not converted.`);
    if (this.#running >= atOnce)
      throw new HttpError(503, `${atOnce} notebooks are being converted. Try again when one is done.`);
    this.#running += 1;
    const place = await mkdtemp(join(temporaryDir(), 'replique-convert-'));
    try {
      return parse(await this.#run(conversion, place, signal), conversion.format);
    } finally {
      this.#running -= 1;
      await rm(place, { recursive: true, force: true });
    }
  }

  #run({ format, name, notebook }: Conversion, place: string, signal: AbortSignal): Promise<Buffer> {
    const { python, program } = this.#options;
    const { milliseconds, memory, output } = this.#limits;
    return new Promise((resolve, reject) => {
      const child = spawn(python, ['-I', '-B', program], {
        cwd: place,
        env: environmentIn(place),
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      let problem = '';
      const end = (why: string): void => {
        problem ||= why;
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      };
      const late = setTimeout(() => end(`it took more than ${milliseconds / 1000} s`), milliseconds);
      const onAbort = (): void => end('nobody waits for it any more');
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      const chunks: Buffer[] = [];
      let [size, said] = [0, ''];
      child.stdout.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > output) end(`what comes of it has more than ${output / 2 ** 20} MB`);
        else chunks.push(chunk);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-mostSaid)));
      child.stdin.on('error', () => undefined); // it may end before it has read all
      child.on('error', (error) => (problem ||= error.message));
      child.on('close', (status) => {
        clearTimeout(late);
        signal.removeEventListener('abort', onAbort);
        end('');
        if (problem === '' && status === 0) resolve(Buffer.concat(chunks));
        else reject(failed(problem || lastLine(said) || `nbconvert ended with status ${status}`));
      });
      child.stdin.end(`${JSON.stringify({ format, name, bytes: memory })}\n${notebook}`);
    });
  }
}

function parse(answer: Buffer, format: Format): Converted {
  const newline = answer.indexOf('\n');
  const { isPacked, extension } = head.parse(JSON.parse(answer.subarray(0, newline).toString('utf8')));
  const body = answer.subarray(newline + 1);
  return { extension, body, mimetype: isPacked ? 'application/zip' : `${formats[format]}; charset=utf-8` };
}

/** Nothing of the user's settings, of the notebook's folder or of this server is seen. */
function environmentIn(place: string): NodeJS.ProcessEnv {
  return {
    ...{ PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: place, TMPDIR: place, IPYTHONDIR: place },
    ...{
      JUPYTER_CONFIG_DIR: place,
      JUPYTER_DATA_DIR: place,
      JUPYTER_RUNTIME_DIR: place,
      JUPYTER_NO_CONFIG: '1',
    },
  };
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';

const failed = (problem: string): HttpError =>
  new HttpError(400, `The notebook can’t be converted: ${problem}.`);
