import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { repliqueError } from '../../../../kernel/errors.ts';
import { jupyterRuntimeDir } from '../../../../kernel/paths.ts';
import { markOf, stillRuns, type ProcessMark } from '../../../../kernel/processes.ts';
import { isHeld, latest, leave, take } from './claims.ts';
import { privateDirectory, readValue, writeWhole } from './files.ts';
import {
  kernelRecord,
  mostClients,
  sessionRecords,
  tokenRecord,
  watchRecord,
  type KernelRecord,
  type SessionRecord,
} from './records.ts';

/** Servers with the same key at once: each has a directory of its own, and only the first finds what one has left. */
const mostAtOnce = 50;

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
      const directory = join(jupyterRuntimeDir(), 'replique-server', `${key}-${number}`);
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

  /** Whether another one has the directory by now, or nobody because it is gone. */
  get isOver(): boolean {
    return !existsSync(this.directory) || latest(this.directory) > this.generation;
  }

  kernels(): readonly KernelRecord[] {
    const names = readdirSync(this.directory).filter((name) => /^kernel-.*\.json$/.test(name));
    return names.flatMap((name) => this.#read(name, kernelRecord) ?? []);
  }

  /** Ids of kernels that run and are other servers' with such a directory, or those' that come after them. */
  othersKernels(): ReadonlySet<string> {
    const top = dirname(this.directory);
    const others = readdirSync(top)
      .map((name) => join(top, name))
      .filter((directory) => directory !== this.directory);
    const kernels = others.flatMap((directory) => recordsIn(directory));
    return new Set(kernels.filter((each) => stillRuns(each.process)).map(({ id }) => id));
  }

  /** @throws Error where it can't be written, as of all that save */
  saveKernel(record: KernelRecord): void {
    writeWhole(this.#file(`kernel-${record.id}.json`), record);
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

  /** The process that listens to the kernels while there is no server. */
  watch(): ProcessMark | undefined {
    return this.#read('watch.json', watchRecord);
  }

  saveWatch(): void {
    writeWhole(this.#file('watch.json'), markOf(process.pid));
  }

  forgetWatch(): void {
    rmSync(this.#file('watch.json'), { force: true });
  }

  /** Leaves the directory to the next one. */
  leave(): void {
    leave(this.directory, this.generation);
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

  #read<S extends z.ZodType>(name: string, schema: S): z.infer<S> | undefined {
    const parsed = schema.safeParse(readValue(this.#file(name)));
    return parsed.success ? parsed.data : undefined;
  }

  #file(name: string): string {
    return join(this.directory, name);
  }
}

/** What is written down in another directory; nothing where it has just been removed. */
function recordsIn(directory: string): readonly KernelRecord[] {
  try {
    return new KeepStore(directory, 0).kernels();
  } catch {
    return [];
  }
}
