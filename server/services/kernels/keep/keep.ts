import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { secretVariables, type ServerConfig } from '../../../config.ts';
import type { Log } from '../../../http/log.ts';
import { signal } from '../process-tree.ts';
import { orphanedBeside, type Orphaned } from './orphans.ts';
import { KeepStore } from './store.ts';

type KeepConfig = Pick<ServerConfig, 'dir' | 'ip' | 'port' | 'baseUrl' | 'keepKernelsSeconds' | 'bufferMb'>;

/** How long the watcher may take to listen. */
const listenMs = 10_000;
const lookMs = 20;

/** Between two looks for kernels that nobody sees to. */
const orphansMs = 30_000;

/** Between the end of a watchdog and the next one. */
const replaceMs = 1000;

/**
 * Waits for the end of its input, which comes with the server's, however that ends; then it becomes the watcher. Until then it is
 * a shell and `cat`: two megabytes.
 */
const waiting = 'cat >/dev/null; exec "$@"';

/** What outlives a server: what it has written down, and a process that sees to its kernels when it is gone. */
export class Keep {
  readonly store: KeepStore;
  readonly #config: KeepConfig;
  readonly #command: readonly string[];
  readonly #log: Log;
  #watchdog: ChildProcess | undefined;
  #isEnding = false;
  #looking: NodeJS.Timeout | undefined;

  private constructor(store: KeepStore, config: KeepConfig, command: readonly string[], log: Log) {
    this.store = store;
    this.#config = config;
    this.#command = command;
    this.#log = log;
  }

  /**
   * Takes up what the server before with the same directory and address has left, if there was one.
   * @param command that runs `watchKernels`
   * @throws RepliqueError NOT_WRITABLE, SERVER_REFUSED
   */
  static take(config: KeepConfig, command: readonly string[], log: Log): Keep {
    const { dir, ip, port, baseUrl } = config;
    return new Keep(KeepStore.take([dir, ip, String(port), baseUrl]), config, command, log);
  }

  get outlives(): boolean {
    return this.#config.keepKernelsSeconds > 0;
  }

  /** From now on there is somebody who sees to the kernels if this server is killed. */
  watch(): void {
    if (this.#watchdog !== undefined) return;
    const { keepKernelsSeconds: seconds, bufferMb: mb } = this.#config;
    const child = this.#spawn(['/bin/sh', '-c', waiting, 'sh'], 'pipe', {
      store: this.store,
      terms: { seconds, mb },
    });
    child.once('exit', () => this.#replace(child));
    child.stdin?.on('error', () => undefined);
    (child.stdin as unknown as { unref(): void }).unref();
    this.#watchdog = child;
  }

  /**
   * Looks now, and then now and then, for kernels whose server and watchdog are both gone, and gives them another watchdog: they end
   * when their time is over.
   */
  lookForOrphans(): void {
    clearTimeout(this.#looking);
    if (this.#isEnding) return;
    for (const orphaned of orphanedBeside(this.store)) {
      this.#log.warn({ directory: orphaned.store.directory }, 'nobody sees to the kernels of another server');
      this.#spawn([], 'ignore', orphaned);
    }
    this.#looking = setTimeout(() => this.lookForOrphans(), orphansMs).unref();
  }

  #spawn(before: readonly string[], stdin: 'pipe' | 'ignore', { store, terms }: Orphaned): ChildProcess {
    const numbers = [store.generation, terms.seconds, terms.mb].map(String);
    const [program = '', ...args] = [...before, ...this.#command, store.directory, ...numbers];
    const child = spawn(program, args, {
      detached: true,
      stdio: [stdin, 'ignore', 'ignore'],
      cwd: '/',
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !secretVariables.includes(name)),
      ),
    });
    child.on('error', (error) => this.#log.warn({ err: error }, 'nobody watches the kernels'));
    child.unref();
    try {
      if (child.pid !== undefined) store.saveWatchdog(child.pid, terms);
    } catch (error) {
      this.#log.warn({ err: error }, 'who watches the kernels can’t be written down');
    }
    return child;
  }

  /** A watchdog that was killed while the server runs has a successor. */
  #replace(child: ChildProcess): void {
    if (this.#watchdog !== child || this.#isEnding) return;
    this.#log.warn('who watches the kernels was ended: there is another one');
    this.#watchdog = undefined;
    setTimeout(() => !this.#isEnding && this.watch(), replaceMs).unref();
  }

  /** Has the watcher listen to the kernels; settles when it does. Nothing is lost where it takes too long but what comes then. */
  async handOver(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#looking);
    const child = this.#watchdog;
    if (child === undefined) return;
    child.stdin?.end();
    const until = performance.now() + listenMs;
    while (this.store.watch() === undefined && child.exitCode === null && performance.now() < until) {
      await sleep(lookMs);
    }
  }

  /** Nothing is kept: there is nobody and nothing left. @throws Error where it can't be removed */
  async end(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#looking);
    const child = this.#watchdog;
    this.store.remove();
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    signal(-child.pid, 'SIGKILL');
    await gone;
  }
}
