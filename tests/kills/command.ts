import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { treeOf, type KnownProcess } from '../support/process-tree.ts';

const program = resolve('dist', 'replique.js');

/** A command line of the built program, as a process of its own. */
export class Command {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = '';

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(process.execPath, [program, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => (this.#said = (this.#said + text).slice(-2000)));
    this.#ended = once(this.#child, 'close');
  }

  /** The end of what it has said. */
  get said(): string {
    return this.#said;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** It and everything that it has started. */
  processes(): readonly KnownProcess[] {
    return this.hasEnded ? [] : treeOf(this.#child.pid ?? 0);
  }

  /** Settles when its process has ended: with its exit status, `null` where a signal ended it. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Settles when its kernel's process is there, or it has ended. */
  async kernel(): Promise<number | undefined> {
    while (!this.hasEnded) {
      const found = this.processes().find(({ pid }) => commandOf(pid).includes('kernel.js\0-f'));
      if (found) return found.pid;
      await wait(5);
    }
    return undefined;
  }

  /** Settles when a name of that form has come up in the directory so many times, or it has ended. */
  async names(directory: string, form: RegExp, times: number): Promise<void> {
    let seen = 0;
    const watcher = watch(directory);
    const isThere = new Promise<void>((settle) => {
      watcher.on('change', (_kind, name) => {
        if (form.test(String(name)) && existsSync(`${directory}/${String(name)}`) && (seen += 1) >= times)
          settle();
      });
    });
    await Promise.race([isThere, this.#ended]);
    watcher.close();
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
