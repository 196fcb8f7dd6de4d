import type { Log } from '../../http/log.ts';
import type { OutputMessage } from '../../outputs.ts';
import { fold, shortened, type Folded, type FoldedRun } from './fold.ts';
import { JournalFile } from './journal-file.ts';
import { lineOf, outputLine, type Head, type JournalRecord } from './records.ts';

const megabyte = 2 ** 20;

/** A file that has grown by so much is written anew, with what its lines come to. */
const bounds = { least: 8 * megabyte, growth: 3, most: 128 * megabyte };

interface Options {
  readonly file: string;
  readonly head: Head;
  readonly log: Log;
  readonly now: () => number;
}

type Version = Extract<JournalRecord, { kind: 'version' }>;

/** The lines of one kernel's journal. It never throws: what can't be kept is logged. */
export class RunLog {
  readonly #options: Options;
  readonly #file: JournalFile;
  readonly #versions = new Map<string, Version>();
  #paths: readonly string[] = [];
  #shortenAt = bounds.least;
  #isFull = false;
  #failed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#file = new JournalFile(options.file);
  }

  get head(): Head {
    return this.#options.head;
  }

  get path(): string {
    return this.#file.path;
  }

  /** The notebooks whose kernel it is, as paths of the API. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  set paths(paths: readonly string[]) {
    if (paths.join('\0') === this.#paths.join('\0')) return;
    for (const path of this.#versions.keys()) if (!paths.includes(path)) this.#versions.delete(path);
    this.#paths = paths;
    if (this.#file.isOpen) this.add({ kind: 'paths', paths: [...paths] });
  }

  /** Whether no more outputs are kept. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(record: JournalRecord): void {
    if (record.kind === 'version') this.#versions.set(record.path, record);
    this.#write(() => this.#append(lineOf(record)));
  }

  addOutput(run: string, type: OutputMessage['type'], content: Uint8Array): void {
    this.#write(() => this.#append(outputLine(run, type, content, this.#options.now())));
  }

  /** Takes over lines that another server has written to this file. @returns the runs that they are about */
  restore(records: readonly JournalRecord[]): readonly FoldedRun[] {
    for (const record of records) {
      if (record.kind === 'paths') this.#paths = record.paths;
      else if (record.kind === 'version') this.#versions.set(record.path, record);
    }
    const folded = fold(records);
    this.#write(() => this.#replace(folded));
    return [...folded.runs.values()];
  }

  /** What it all comes to. */
  folded(): Folded {
    return fold(this.#file.read());
  }

  sync(): void {
    this.#file.sync();
  }

  remove(): void {
    this.#file.remove();
    this.#versions.clear();
    this.#shortenAt = bounds.least;
    this.#isFull = this.#failed = false;
  }

  close(): void {
    this.#file.close();
  }

  #append(line: Buffer): void {
    if (!this.#file.isOpen) for (const record of this.#start()) this.#file.append(lineOf(record));
    this.#file.append(line);
    if (this.#file.size > this.#shortenAt) this.#replace(this.folded());
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!this.#failed)
        this.#options.log.error({ err: error, file: this.#file.path }, 'journal can’t be written');
      this.#failed = true;
    }
  }

  #start(): JournalRecord[] {
    return [this.head, { kind: 'paths', paths: [...this.#paths] }, ...this.#versions.values()];
  }

  #replace(folded: Folded): void {
    this.#file.replace([...this.#start(), ...shortened(folded)]);
    const { size } = this.#file;
    this.#isFull = size > bounds.most;
    this.#shortenAt = Math.max(bounds.least, size * bounds.growth);
    if (this.#isFull) this.#shortenAt = Infinity;
  }
}
