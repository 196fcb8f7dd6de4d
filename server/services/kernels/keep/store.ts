import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { repliqueError } from '../../../../kernel/errors.ts';
import { jupyterRuntimeDir } from '../../../../kernel/paths.ts';
import { markOf, type ProcessMark } from '../../../../kernel/processes.ts';
import { isHeld, latest, leave, take } from './claims.ts';
import { privateDirectory, readValue, writeWhole } from './files.ts';
import {
  kernelId,
  kernelRecord,
  letGoRecord,
  mostClients,
  sessionRecords,
  tokenRecord,
  watchdogRecord,
  watchRecord,
  type KernelRecord,
  type QuestionRecord,
  type SessionRecord,
  type WatchdogRecord,
} from './records.ts';

/** Servers with the same key at once: each has a directory of its own, and only the first finds what one has left. */
const mostAtOnce = 50;

type Unchecked<T> = Readonly<Partial<Record<keyof T, unknown>>>;

const watchdogFile = 'watchdog.json';

/** Where the directories of all servers are. */
const topName = 'replique-server';

/** The directory of a server: what it writes down while it runs, so that the next one goes on with its kernels. */
export class KeepStore {
  readonly directory: string;
  /** The how-manieth that has the directory. */
  readonly generation: number;

  /** For who has the directory, or looks at it. */
  constructor(directory: string, generation: number) {
    this.directory = directory;
    this.generation = generation;
  }

  /**
   * Takes the directory of the servers that are known by these words, one after the other.
   * @throws RepliqueError NOT_WRITABLE, SERVER_REFUSED
   */
  static take(words: readonly string[]): KeepStore {
    const key = createHash('sha256').update(words.join('\0')).digest('hex').slice(0, 16);
    for (let number = 0; number < mostAtOnce;) {
      const directory = join(jupyterRuntimeDir(), topName, `${key}-${number}`);
      privateDirectory(dirname(directory));
      privateDirectory(directory);
      const before = latest(directory);
      const generation = isHeld(directory, before) ? undefined : take(directory, before);
      if (generation !== undefined) return new KeepStore(directory, generation);
      number += 1;
    }
    throw repliqueError('SERVER_REFUSED', {
      sentence: `${mostAtOnce} servers of the same directory and port run already.`,
      remedy: 'End those that nobody uses.',
    });
  }

  /**
   * The directory of a server that has had it, for who sees to what it has left; `undefined` where it is gone.
   * @throws RepliqueError SERVER_REFUSED where it is none of a server, or not this user's alone
   */
  static open(directory: string, generation: number): KeepStore | undefined {
    const isOne = /^[0-9a-f]{16}-\d+$/.test(basename(directory)) && basename(dirname(directory)) === topName;
    if (isOne && !existsSync(directory)) return undefined;
    if (isOne) privateDirectory(directory);
    if (isOne && generation > 0 && latest(directory) >= generation)
      return new KeepStore(directory, generation);
    throw repliqueError('SERVER_REFUSED', {
      sentence: `${directory} holds nothing that a server has left.`,
      remedy: 'Leave this to the server, which does it by itself.',
    });
  }

  /** Whether the directory is there. */
  get isThere(): boolean {
    return existsSync(this.directory);
  }

  /** Whether another one has the directory by now, or nobody because it is gone. */
  get isOver(): boolean {
    return !this.isThere || latest(this.directory) > this.generation;
  }

  kernels(): readonly KernelRecord[] {
    return this.#kernelIds().flatMap((id) => this.#kernel(id) ?? []);
  }

  /** Ids of kernels of which is not known any more how they stood. */
  damaged(): readonly string[] {
    return this.#kernelIds().filter((id) => this.#kernel(id) === undefined);
  }

  /** @throws Error where it can't be written, as of all that save */
  saveKernel(record: Unchecked<KernelRecord>): void {
    const checked = kernelRecord.parse(record); // none that the next one could not read
    writeWhole(this.#file(`kernel-${checked.id}.json`), checked);
  }

  /**
   * Writes down that a kernel is about to have a process. Where no more is written, it counts as damaged: found by its id, and ended.
   */
  expectKernel(id: string): void {
    writeWhole(this.#file(`kernel-${kernelId.parse(id)}.json`), { id });
  }

  /** Writes down, while there is no server, what a kernel asks. What can't be written is missing. */
  saveQuestion(id: string, question: QuestionRecord): void {
    try {
      const record = this.isOver ? undefined : this.#kernel(id);
      if (record !== undefined) this.saveKernel({ ...record, question });
    } catch {
      // The disk is full, or it is a question that is too long: its answer may not reach the kernel.
    }
  }

  /** Forgets a kernel and what it has printed. */
  removeKernel(id: string): void {
    rmSync(this.#file(`kernel-${id}.json`), { force: true });
    rmSync(this.printedFile(id), { force: true });
    this.forgetMessages(id);
  }

  /** Where a kernel prints what is not for a cell. */
  printedFile(id: string): string {
    return this.#file(`kernel-${id}.log`);
  }

  /** Where messages of a kernel are kept while no server listens, or those that a session was not sent. */
  messagesFile(id: string, session?: number): string {
    return this.#file(`kernel-${id}${session === undefined ? '' : `-${session}`}.messages`);
  }

  forgetMessages(id: string): void {
    for (const session of [undefined, ...Array.from({ length: mostClients }, (_, at) => at)]) {
      rmSync(this.messagesFile(id, session), { force: true });
    }
  }

  sessions(): readonly SessionRecord[] {
    return this.#read('sessions.json', sessionRecords) ?? [];
  }

  saveSessions(sessions: readonly SessionRecord[]): void {
    writeWhole(this.#file('sessions.json'), sessions);
  }

  /** The token that pages of before the restart have. */
  token(): string | undefined {
    return this.#read('token.json', tokenRecord)?.token;
  }

  saveToken(token: string): void {
    writeWhole(this.#file('token.json'), { token });
  }

  /** The process that sees to the kernels when the server is gone, and for how long; also while it only waits for that. */
  watchdog(): WatchdogRecord | undefined {
    return this.#read(watchdogFile, watchdogRecord);
  }

  /** @throws Error where it can't be written */
  saveWatchdog(pid: number, { seconds, mb }: Omit<WatchdogRecord, keyof ProcessMark>): void {
    writeWhole(this.#file(watchdogFile), { ...markOf(pid), seconds, mb });
  }

  /** The process that listens to the kernels while there is no server. */
  watch(): ProcessMark | undefined {
    return this.#read('watch.json', watchRecord);
  }

  saveWatch(): void {
    writeWhole(this.#file('watch.json'), markOf(process.pid));
  }

  /** Forgets who listened, and for whom. */
  forgetWatch(): void {
    for (const name of ['watch.json', 'let-go.json']) rmSync(this.#file(name), { force: true });
  }

  /** Whether this server has let go of its kernels, though it may have other work to do before it ends. */
  get isLetGo(): boolean {
    return this.#read('let-go.json', letGoRecord)?.generation === this.generation;
  }

  /** From now on what kernels ask and answer is another's to take. */
  letGo(): void {
    writeWhole(this.#file('let-go.json'), { generation: this.generation });
  }

  /** Leaves the directory to the next one, where there is anything in it but who had it. */
  leave(): void {
    const isEmpty = readdirSync(this.directory).every(
      (name) => name.startsWith('claim-') || name === watchdogFile,
    );
    if (isEmpty) this.remove();
    else leave(this.directory, this.generation);
  }

  /** Leaves nothing. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    try {
      rmdirSync(dirname(this.directory));
    } catch {
      // Other servers have theirs there.
    }
  }

  #kernelIds(): readonly string[] {
    const ids = readdirSync(this.directory).map((name) => /^kernel-(.*)\.json$/.exec(name)?.[1]);
    return ids.flatMap((id) => kernelId.safeParse(id).data ?? []);
  }

  #kernel(id: string): KernelRecord | undefined {
    const record = this.#read(`kernel-${id}.json`, kernelRecord);
    return record?.id === id ? record : undefined;
  }

  #read<S extends z.ZodType>(name: string, schema: S): z.infer<S> | undefined {
    const parsed = schema.safeParse(readValue(this.#file(name)));
    return parsed.success ? parsed.data : undefined;
  }

  #file(name: string): string {
    return join(this.directory, name);
  }
}
