import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from '../../../kernel/files.ts';
import { lineOf, recordIn, type JournalRecord } from './records.ts';

/** Larger ones are none of ours. */
const mostBytes = 2 ** 30;

/**
 * A file of records, one a line, that only grows until it is written anew. What `append` has returned from is with the
 * system: a killed server loses none of it, and a line that a kill cut off is passed over.
 */
export class JournalFile {
  readonly path: string;
  #file: number | undefined;
  #size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  /** Whether anything was written since it was made or removed. */
  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  /** @throws Error of the system; then nothing of the line is in the file */
  append(line: Buffer): void {
    const file = (this.#file ??= this.#open());
    try {
      for (let done = 0; done < line.length;) {
        done += writeSync(file, line, done, line.length - done, this.#size + done);
      }
    } catch (error) {
      ftruncateSync(file, this.#size);
      throw error;
    }
    this.#size += line.length;
  }

  /** Has the disk keep what is there, when it comes to it: a power cut may cost what was written since. */
  sync(): void {
    if (this.#file !== undefined) fdatasync(this.#file, () => undefined);
  }

  read(): JournalRecord[] {
    return this.isOpen ? readRecords(this.path) : [];
  }

  /** Puts other records in the place of all that there are, whole or not at all. @throws Error of the system */
  replace(records: readonly JournalRecord[]): void {
    const draft = `${this.path}.draft`;
    const file = openSync(draft, 'w+', 0o600);
    let size = 0;
    try {
      for (const record of records) {
        const line = lineOf(record);
        for (let done = 0; done < line.length;) done += writeSync(file, line, done, line.length - done);
        size += line.length;
      }
      renameSync(draft, this.path);
    } catch (error) {
      closeSync(file);
      rmSync(draft, { force: true });
      throw error;
    }
    this.close();
    this.#file = file;
    this.#size = size;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  remove(): void {
    this.close();
    this.#size = 0;
    rmSync(this.path, { force: true });
  }

  #open(): number {
    makeDirectories(dirname(this.path), 0o700);
    const file = openSync(this.path, 'a+', 0o600);
    this.#size = fstatSync(file).size;
    if (this.#size === 0) return file;
    // A line that a kill has cut off ends here.
    writeSync(file, '\n');
    this.#size += 1;
    return file;
  }
}

/** All lines that can be read. @throws Error of the system */
export function readRecords(path: string): JournalRecord[] {
  const bytes = readFileSync(path);
  if (bytes.length > mostBytes) return [];
  const records: JournalRecord[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf('\n', start);
    if (end < 0) break;
    const record = recordIn(bytes.toString('utf8', start, end));
    if (record !== undefined) records.push(record);
    start = end + 1;
  }
  return records;
}
