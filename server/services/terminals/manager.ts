import type { spawn } from '@lydell/node-pty';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from '../../http/errors.ts';
import { Terminal } from './terminal.ts';

const most = 100;
const nameForm = /^\w{1,50}$/;
/** How long a shell has to leave when its terminal is closed. */
const leaveMs = 3000;

export interface TerminalManagerOptions {
  /** Directory of the contents; terminals begin there. */
  readonly root: string;
  /** Of this process; what is secret is left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Variables that no shell is given. */
  readonly secret: readonly string[];
}

const form = { name: 'xterm-256color', cols: 80, rows: 24 };

/** The library is loaded for the first terminal. @throws HttpError 503 where this system has no build of it */
async function pseudoTerminals(): Promise<typeof spawn> {
  try {
    return (await import('@lydell/node-pty')).spawn;
  } catch (error) {
    throw new HttpError(503, `There are no terminals on this system: ${(error as Error).message}`);
  }
}

/** The terminals of this server. */
export class TerminalManager {
  readonly #options: TerminalManagerOptions;
  readonly #terminals = new Map<string, Terminal>();

  constructor(options: TerminalManagerOptions) {
    this.#options = options;
  }

  list(): readonly Terminal[] {
    return [...this.#terminals.values()];
  }

  /** @throws HttpError 404 */
  get(name: string): Terminal {
    const found = this.#terminals.get(name);
    if (found === undefined) throw new HttpError(404, `There is no terminal ${name.slice(0, 50)}.`);
    return found;
  }

  /**
   * Starts a shell. A directory that there is not is taken for the root.
   * @throws HttpError 409 where there is one of that name
   */
  async create({ name, cwd }: { name?: string | undefined; cwd?: string | undefined }): Promise<Terminal> {
    const begin = await pseudoTerminals();
    if (name !== undefined && !nameForm.test(name))
      throw new HttpError(400, 'A terminal’s name has letters and digits.');
    if (name !== undefined && this.#terminals.has(name))
      throw new HttpError(409, `There is a terminal ${name}.`);
    if (this.#terminals.size >= most)
      throw new HttpError(503, `There are ${most} terminals. Close one first.`);
    const its = name ?? this.#freeName();
    const shell = this.#options.environment['SHELL'] ?? '/bin/sh';
    const pty = begin(shell, ['-l'], { ...form, cwd: this.#directory(cwd), env: this.#given() });
    const terminal = new Terminal(its, pty, () => this.#terminals.delete(its));
    this.#terminals.set(its, terminal);
    return terminal;
  }

  /** Ends a terminal: its programs are hung up on, then killed. @throws HttpError 404 */
  async remove(name: string): Promise<void> {
    const terminal = this.get(name);
    terminal.kill('SIGHUP');
    for (let waited = 0; waited < leaveMs && this.#terminals.get(name) === terminal; waited += 20)
      await sleep(20);
    if (this.#terminals.get(name) === terminal) terminal.kill('SIGKILL');
    this.#terminals.delete(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#terminals.keys()].map((name) => this.remove(name).catch(() => undefined)));
  }

  #freeName(): string {
    for (let number = 1; ; number += 1) if (!this.#terminals.has(String(number))) return String(number);
  }

  #directory(wanted: string | undefined): string {
    const { root } = this.#options;
    const places = wanted === undefined ? [] : [resolve(root, wanted), join(root, wanted)];
    return places.find(isDirectory) ?? root;
  }

  #given(): Record<string, string> {
    const { environment, secret } = this.#options;
    const entries = Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !secret.includes(entry[0]),
    );
    return Object.fromEntries(entries);
  }
}

/** A path that can't be looked at is none. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
