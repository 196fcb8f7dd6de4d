import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { markOf } from '../../../kernel/processes.ts';
import type { Log } from '../../http/log.ts';
import type { Notebook } from '../contents/notebook/structure.ts';
import type { FileVersion, MergedCells, PendingOutputs, PendingSave } from '../contents/pending.ts';
import type { LastMessages } from '../kernels/keep/orphans.ts';
import { abandoned, leftOf, prefixOf, type Abandoned } from './abandoned.ts';
import { KernelJournal } from './kernel-journal.ts';
import { mergeIntoFile, mergeIntoSaved, newerThan } from './merging.ts';
import { headOf, type JournalRecord } from './records.ts';
import { Versions } from './versions.ts';

interface JournalOptions {
  /** Where its files are. */
  readonly directory: string;
  /** The directory that is served. */
  readonly root: string;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How long nobody must have been there until what a kernel's cells came to goes into the file. */
  readonly restMs?: number;
  /** Whether another server has a kernel, or one that is still to come is to have it. */
  readonly isOthers?: (kernel: string) => boolean;
  /** What was kept of a kernel that has ended, and that no server has had. */
  readonly lastMessages?: (kernel: string) => LastMessages | undefined;
}

/** A page that is loaded again is back by then. */
const defaultRestMs = 30_000;

/** Between two looks whether kernels that others were to have are gone. */
const lookMs = 30_000;

/** What the cells of all kernels come to, until a page has saved it or it is in the notebook. */
export class Journal implements PendingOutputs {
  readonly #options: JournalOptions;
  readonly #now: () => number;
  readonly #kernels = new Map<string, KernelJournal>();
  readonly #versions = new Versions();
  readonly #resting = new Map<string, NodeJS.Timeout>();
  /** Journals of kernels that are about to be taken over. */
  readonly #expected = new Map<string, Abandoned>();
  /** Those of kernels that were. */
  #takenOver: KernelJournal[] = [];
  #looking: NodeJS.Timeout | undefined;
  #isClosed = false;
  #settle: (path: string) => Promise<void> = () => Promise.resolve();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** @param settle puts what there is for a notebook into its file; it never rejects */
  settleWith(settle: (path: string) => Promise<void>): void {
    this.#settle = settle;
  }

  /** Looks for the journals of kernels that this server is about to take over: `follow` goes on with them. */
  async expect(kernels: readonly string[]): Promise<void> {
    for (const kernel of kernels) {
      const left = await leftOf(kernel, this.#options);
      if (left !== undefined) this.#expected.set(kernel, left);
    }
  }

  /**
   * Follows a kernel: a new one, or one that is taken over.
   * @param filtered whether its outputs have passed Replique's firewall
   */
  follow(kernel: string, filtered: boolean): KernelJournal {
    const { root, directory } = this.#options;
    const before = this.#expected.get(kernel);
    if (before !== undefined) return this.#goOn(before, filtered);
    const name = `${prefixOf(kernel)}${randomUUID().slice(0, 8)}.jsonl`;
    const head = headOf({ root, kernel, ...markOf(process.pid), filtered });
    return this.#add(kernel, join(directory, name), head);
  }

  /** A kernel's journal. */
  of(kernel: string): KernelJournal | undefined {
    return this.#kernels.get(kernel);
  }

  /** @param paths of the notebooks whose kernel it is */
  bind(kernel: string, paths: readonly string[]): void {
    const journal = this.#kernels.get(kernel);
    if (journal !== undefined && paths.length > 0) journal.lines.paths = paths.map(normal);
  }

  /** Takes over what servers have left whose kernels are gone, and puts it into the notebooks. */
  async adopt(): Promise<void> {
    const { isOthers = () => false } = this.#options;
    this.#expected.clear();
    const gone = this.#takenOver.splice(0).filter(({ isGone }) => isGone);
    const inUse = new Set([...this.#kernels.values()].map(({ lines }) => lines.path));
    for (const left of await abandoned(this.#options, this.#now(), (file) => inUse.has(file))) {
      const { file, head, records } = left;
      if (isOthers(head.kernel)) {
        this.#lookAgain();
        continue;
      }
      const journal = this.#restored(`${head.kernel} ${file}`, left);
      const last = this.#options.lastMessages?.(head.kernel);
      journal.adopt(records, last?.messages);
      last?.forget();
      gone.push(journal);
    }
    for (const journal of gone) await this.#settleAll(journal);
  }

  has(path: string): boolean {
    return this.#about(path).some(({ runs }) => runs.size > 0);
  }

  isDue(path: string): boolean {
    const journals = this.#about(path);
    return journals.some(({ runs }) => runs.size > 0) && !journals.some(({ pages }) => pages.anyPresent);
  }

  merge(path: string, notebook: Notebook, file: FileVersion): MergedCells {
    return mergeIntoFile(notebook, this.#about(path), newerThan(this.#versions, path, file));
  }

  served(): number {
    return this.#now();
  }

  settled(path: string, before: FileVersion, after: FileVersion): void {
    const journals = this.#about(path);
    const now = this.#now();
    if (journals.every(({ pages }) => pages.mayReturn(now).length === 0)) {
      // Nobody shows another version who could save it.
      for (const journal of journals) this.#dropEnded(journal);
    }
    if (!this.has(path)) this.#versions.delete(path);
    else if (before.hash !== after.hash) {
      const { hash, mtimeMs } = { ...before, ...this.#versions.shown(path, before) };
      this.#remember(path, after, { hash, mtimeMs });
    }
  }

  saving(path: string, notebook: Notebook): PendingSave {
    const { changed, filtered, done } = mergeIntoSaved(notebook, this.#about(path), this.#now());
    const saved = (file: FileVersion): void => {
      const isOther = this.#versions.get(path)?.file.hash !== file.hash;
      for (const journal of this.#about(path)) journal.forgetEmptied();
      for (const { journal, run, how } of done) {
        if (how === 'closed') journal.emptied(run);
        else if (how === true || isOther) journal.drop(run);
      }
      if (this.has(path)) this.#remember(path, file);
      else this.#versions.delete(path);
    };
    return { changed, filtered, saved };
  }

  shown(path: string, file: Omit<FileVersion, 'hash'> & { hash?: string }): Partial<FileVersion> {
    return this.#versions.shown(path, file);
  }

  renamed(from: string, to: string): void {
    const moved = (path: string): string =>
      path === from || path.startsWith(`${from}/`) ? `${to}${path.slice(from.length)}` : path;
    for (const { lines } of this.#kernels.values()) {
      for (const path of lines.paths) {
        const known = this.#versions.get(path);
        if (moved(path) === path || known === undefined) continue;
        this.#versions.delete(path);
        this.#versions.set(moved(path), known);
        lines.add({ kind: 'version', path: moved(path), ...known });
      }
      lines.paths = lines.paths.map(moved);
    }
  }

  forget(path: string): void {
    for (const journal of this.#kernels.values()) {
      const isMeant = journal.lines.paths.every((each) => each === path || each.startsWith(`${path}/`));
      if (isMeant) this.#dropEnded(journal);
    }
    this.#versions.delete(path);
  }

  /**
   * Puts all that waits into the notebooks. What can't be put there stays, for the next server.
   * @param leaves whether the kernels go on for that one
   */
  async close(leaves = false): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#looking);
    for (const timer of this.#resting.values()) clearTimeout(timer);
    for (const journal of this.#kernels.values()) {
      await this.#settleAll(journal);
      if (leaves && !journal.isGone) journal.leave();
      journal.lines.close();
    }
  }

  #goOn(before: Abandoned, filtered: boolean): KernelJournal {
    const { kernel } = before.head;
    this.#expected.delete(kernel);
    const head = { ...before.head, filtered: before.head.filtered && filtered };
    const journal = this.#restored(kernel, { ...before, head });
    journal.goOn(before.records);
    this.#takenOver.push(journal);
    return journal;
  }

  #restored(key: string, { file, head, records }: Abandoned): KernelJournal {
    for (const record of records) if (record.kind === 'version') this.#learn(record);
    return this.#add(key, file, { ...head, ...markOf(process.pid) });
  }

  #lookAgain(): void {
    clearTimeout(this.#looking);
    if (!this.#isClosed) this.#looking = setTimeout(() => void this.#adoptLater(), lookMs).unref();
  }

  async #adoptLater(): Promise<void> {
    try {
      await this.adopt();
    } catch (error) {
      this.#options.log.error({ err: error }, 'journals can’t be taken over');
    }
  }

  #add(key: string, file: string, head: KernelJournal['lines']['head']): KernelJournal {
    const { log } = this.#options;
    const onRest = (): void => this.#rest(key);
    const onRun = (cell: string): void => {
      for (const path of journal.lines.paths) {
        for (const each of this.#about(path)) each.supersede(cell);
        const known = this.#versions.get(path);
        if (known) journal.lines.add({ kind: 'version', path, ...known });
      }
    };
    const journal = new KernelJournal({ file, head, log, now: this.#now, onRun, onRest });
    this.#kernels.set(key, journal);
    return journal;
  }

  #about(path: string): readonly KernelJournal[] {
    return [...this.#kernels.values()].filter(({ lines }) => lines.paths.includes(path));
  }

  #rest(key: string): void {
    clearTimeout(this.#resting.get(key));
    if (this.#isClosed) return;
    const { restMs = defaultRestMs } = this.#options;
    const timer = setTimeout(() => {
      this.#resting.delete(key);
      const journal = this.#kernels.get(key);
      if (journal === undefined || journal.pages.anyPresent || journal.isRunning) return;
      void this.#settleAll(journal).then(() => {
        if (journal.isGone && journal.runs.size === 0) this.#kernels.delete(key);
      });
    }, restMs);
    this.#resting.set(key, timer.unref());
  }

  async #settleAll({ runs, lines }: KernelJournal): Promise<void> {
    if (runs.size > 0) for (const path of lines.paths) await this.#settle(path);
  }

  #dropEnded(journal: KernelJournal): void {
    for (const { run, endedAt } of [...journal.runs.values()]) if (endedAt !== undefined) journal.drop(run);
  }

  #remember(path: string, file: FileVersion, shown?: Pick<FileVersion, 'hash' | 'mtimeMs'>): void {
    const known = { file, ...(shown && { shown }) };
    this.#versions.set(path, known);
    for (const { lines, runs } of this.#about(path)) {
      if (runs.size > 0) lines.add({ kind: 'version', path, ...known });
    }
  }

  #learn({ path, file, shown }: Extract<JournalRecord, { kind: 'version' }>): void {
    this.#versions.set(path, { file, shown });
  }
}

/** As the contents have it. */
const normal = (path: string): string => path.split('/').filter(Boolean).join('/');
