import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, readRegularFile } from '../../files.ts';
import type { TimelineNode } from '../node.ts';
import type { Standing, Tree } from '../tree.ts';
import { readJournal, type Told } from './reading.ts';
import { journalVersion, mostJournalBytes, type Line } from './schema.ts';
import { NodeLines } from './writing.ts';

const journalName = 'journal.jsonl';

/** The journal in a session's directory. */
export const journalFile = (directory: string): string => join(directory, journalName);
const mostLinked = 200_000;
/** Lines wait so long for more: a row of quick cells is written at once. */
const waitMs = 20;
const mostWaitMs = 500;

export interface JournalOptions {
  /** Of all sessions' timelines. */
  readonly directory: string;
  readonly session: string;
  readonly redact: (text: string) => string;
  readonly log: (line: string) => void;
}

/** Where a session's contents of files are kept. */
export const objectsDir = (directory: string, session: string): string => join(directory, session, 'objects');

/** Reads an earlier session's timeline; `undefined` where it has none. */
export function readTimeline(
  directory: string,
  session: string,
): Told | { readonly problem: string } | undefined {
  let text: string;
  try {
    text = readRegularFile(journalFile(join(directory, session)), mostJournalBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { problem: (error as Error).message };
  }
  return readJournal(text);
}

/** The number of the last cell in the first timeline that one of these sessions has; 0 where none can be read. */
export function lastNumber(directory: string, sessions: readonly string[]): number {
  for (const session of sessions) {
    const told = readTimeline(directory, session);
    if (told !== undefined)
      return 'problem' in told
        ? 0
        : told.nodes.reduce((most, node) => Math.max(most, node.executionCount), 0);
  }
  return 0;
}

/** When a line was added to an earlier session's timeline last, in milliseconds since 1970; 0 where it has none. */
export const writtenMs = (directory: string, session: string): number =>
  statSync(join(directory, session, journalName), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * A session's timeline on the disk, for its owner only: lines are only ever added, one write at a time, in the pause after a
 * cell, or half a second later.
 * What can't be written is said once; then nothing more is.
 */
export class Journal {
  readonly #o: JournalOptions;
  readonly #lines: NodeLines;
  #file: FileHandle | undefined;
  /** Each makes its lines when they are written: no cell waits for that. */
  #waiting: (() => readonly Line[])[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest line that waits came. */
  #sinceMs = 0;
  #bytes = 0;
  #hasFailed = false;
  #problem: string | undefined;

  constructor(options: JournalOptions) {
    this.#o = options;
    this.#lines = new NodeLines(options.redact);
  }

  node(node: TimelineNode, parent: TimelineNode | undefined): void {
    const told = { ...node };
    const before = parent && { talk: parent.talk };
    this.#add(() => this.#lines.of(told, before));
  }

  files({ id, files }: TimelineNode): void {
    if (files) this.#add(() => [{ type: 'files', of: id, node: files.node, delta: [...files.delta] }]);
  }

  standing({ head, on, tips }: Standing): void {
    const told = { ...tips };
    this.#add(() => [{ type: 'standing', head, on, tips: told }]);
  }

  deleted(nodes: readonly TimelineNode[]): void {
    const ids = nodes.map(({ id }) => id);
    this.#add(() => [{ type: 'deleted', nodes: ids }]);
  }

  dropped({ id }: TimelineNode): void {
    this.#add(() => [{ type: 'dropped', node: id }]);
  }

  /** Settles when what has been added so far is written, or can't be. Never rejects. */
  async saved(): Promise<void> {
    this.#begin();
    await this.#writing;
  }

  /** What the reader is to be told; then it is told. */
  takeProblem(): string | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  /** Begins anew with all of a tree that came from an earlier session, whose contents of files are taken over. */
  async takeOver(tree: Tree, earlier: string): Promise<void> {
    await this.saved();
    const { directory, session } = this.#o;
    await linkAll(objectsDir(directory, earlier), objectsDir(directory, session), { left: mostLinked });
    await this.#file?.close();
    this.#file = undefined;
    const lines: Line[] = [];
    for (const node of tree.nodes) {
      lines.push(...this.#lines.of(node, tree.parentOf(node)));
      if (node.files)
        lines.push({ type: 'files', of: node.id, node: node.files.node, delta: [...node.files.delta] });
    }
    const deleted = tree.nodes.filter((node) => node.deleted === true).map(({ id }) => id);
    const { head, on, tips } = tree.standing;
    lines.push({ type: 'deleted', nodes: deleted }, { type: 'standing', head, on, tips: { ...tips } });
    const draft = join(directory, session, `.${randomBytes(4).toString('hex')}.draft`);
    makeDirectories(join(directory, session), 0o700);
    const text = this.#beginning() + textOf(lines);
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(draft, journalFile(join(directory, session)));
    this.#bytes = Buffer.byteLength(text);
  }

  /** Nothing of the session is to be found again; what can't be removed now is when another kernel prunes. Never rejects. */
  async remove(): Promise<void> {
    await this.close();
    const place = join(this.#o.directory, this.#o.session);
    await rm(place, { recursive: true, force: true }).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.saved();
    await this.#file?.close();
    this.#file = undefined;
  }

  #add(lines: () => readonly Line[]): void {
    if (this.#hasFailed) return;
    const now = performance.now();
    if (this.#waiting.length === 0) this.#sinceMs = now;
    this.#waiting.push(lines);
    clearTimeout(this.#timer);
    const leftMs = this.#sinceMs + mostWaitMs - now;
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, Math.min(waitMs, leftMs))).unref();
  }

  #begin(): void {
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    try {
      const text = textOf(waiting.flatMap((lines) => lines()));
      const file = (this.#file ??= await this.#open());
      this.#bytes += Buffer.byteLength(text);
      if (this.#bytes > mostJournalBytes) throw new Error('it has become too long');
      await file.appendFile(text);
    } catch (error) {
      this.#hasFailed = true;
      this.#problem = `The timeline can’t be saved, so a crash would lose its branches: ${(error as Error).message}`;
      this.#o.log(this.#problem);
    }
  }

  async #open(): Promise<FileHandle> {
    const { directory, session } = this.#o;
    makeDirectories(join(directory, session), 0o700);
    const path = journalFile(join(directory, session));
    const isNew = await stat(path).then(
      () => false,
      () => true,
    );
    const file = await open(path, isNew ? 'ax' : 'a', 0o600);
    if (isNew) await file.appendFile(this.#beginning());
    return file;
  }

  #beginning(): string {
    return `${JSON.stringify({ type: 'timeline', version: journalVersion, session: this.#o.session })}\n`;
  }
}

const textOf = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** Makes all files below a directory files of another one, too; drafts, which a kill left behind, and what can't be are left out. */
async function linkAll(from: string, to: string, bound: { left: number }): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => []);
  if (entries.length > 0) await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of entries) {
    if (bound.left <= 0) return;
    if (entry.name.endsWith('.draft')) continue;
    bound.left -= 1;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkAll(source, target, bound);
    else if (entry.isFile()) await link(source, target).catch(() => undefined);
  }
}
