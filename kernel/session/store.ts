import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, readRegularFile } from '../files.ts';
import { isNewer, mostBytes, savedSchema, type Saved } from './schema.ts';

const form = /^([0-9a-f]{16})-([0-9a-f]{16})-[0-9a-f-]{36}\.json$/;
const draftForm = /^\.[0-9a-f-]+\.[0-9a-f]{8}\.draft$/;
const dayMs = 24 * 60 * 60 * 1000;
const keepDays = 90;
const mostKept = 200;

/** Which session: by its kernel's id and the notebook it belongs to. */
export interface SessionKey {
  readonly kernel: string;
  readonly notebook: string | undefined;
}

/** A file of a session, not read yet. */
interface Candidate {
  readonly file: string;
  readonly isKernels: boolean;
  readonly savedMs: number;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** The saved sessions of a user, one file each: written whole or not at all, for no one else's eyes. */
export class SessionStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * @param at when it counts as saved; absent: now
   * @throws Error where it can't be written; what was saved before is still there then
   */
  async save(saved: Saved, at?: Date): Promise<void> {
    const text = JSON.stringify(saved);
    if (Buffer.byteLength(text) > mostBytes) throw new Error('it is too long to be kept');
    makeDirectories(this.#directory, 0o700);
    const draft = join(this.#directory, `.${saved.session}.${randomBytes(4).toString('hex')}.draft`);
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(text);
        if (at !== undefined) await file.utimes(at, at);
      } finally {
        await file.close();
      }
      await rename(draft, this.#fileOf(saved));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Has a session that was left be one that has ended, without being newer for it. @throws Error where it can't be written */
  async mark(saved: Saved, ended: 'end' | 'restart'): Promise<void> {
    await this.save({ ...saved, ended }, new Date(saved.at));
  }

  /** Removes what was saved of a session. */
  async remove(saved: Saved): Promise<void> {
    await rm(this.#fileOf(saved), { force: true });
  }

  /** Files of the kernel, and of the notebook, the newest first. */
  find({ kernel, notebook }: SessionKey): readonly Candidate[] {
    const [ofKernel, ofNotebook] = [hash(kernel), notebook === undefined ? undefined : hash(notebook)];
    return this.#names()
      .flatMap((name) => {
        const [, its, itsNotebook] = form.exec(name) ?? [];
        const isKernels = its === ofKernel;
        if (!isKernels && (ofNotebook === undefined || itsNotebook !== ofNotebook)) return [];
        const info = this.#look(name);
        if (info === undefined || info.isSymbolicLink()) return [];
        return [{ file: join(this.#directory, name), isKernels, savedMs: info.mtimeMs }];
      })
      .sort((a, b) => b.savedMs - a.savedMs);
  }

  /**
   * Reads a session's file. One that can't be used is set aside, unless a newer Replique can use it.
   * @returns what it holds, or what is wrong, as a sentence
   */
  read(file: string): Saved | { readonly problem: string } {
    let problem: string;
    try {
      const content: unknown = JSON.parse(readRegularFile(file, mostBytes));
      if (isNewer(content)) {
        return {
          problem: `Conversations that a newer Replique saved are left for it in ${this.#directory}.`,
        };
      }
      const parsed = savedSchema.safeParse(content);
      if (parsed.success) return parsed.data;
      problem = `it has ${parsed.error.issues[0]?.path.join('.') ?? 'something'} in a wrong form`;
    } catch (error) {
      problem = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message;
    }
    const aside = `${file}.broken`;
    try {
      renameSync(file, aside);
    } catch {
      return { problem: `A saved conversation can't be read (${file}): ${problem}.` };
    }
    return { problem: `A saved conversation can't be read: ${problem}. It was set aside as ${aside}.` };
  }

  /** Removes what is older than 90 days, and what is beyond the 200 newest. What can't be removed is left. */
  prune(now = Date.now()): void {
    const aged = this.#names()
      .map((name) => ({ name, ageMs: now - (this.#look(name)?.mtimeMs ?? now) }))
      .sort((a, b) => a.ageMs - b.ageMs);
    aged.forEach(({ name, ageMs }, at) => {
      const isOld = ageMs > keepDays * dayMs || (draftForm.test(name) && ageMs > dayMs);
      if (!isOld && at < mostKept) return;
      try {
        rmSync(join(this.#directory, name), { force: true, recursive: true });
      } catch {
        // Another's: it is not ours to insist.
      }
    });
  }

  #look(name: string): Stats | undefined {
    try {
      return lstatSync(join(this.#directory, name));
    } catch {
      return undefined;
    }
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#directory).filter((name) => /\.(?:json|broken|draft)$/.test(name));
    } catch {
      return [];
    }
  }

  #fileOf({ kernel, notebook, session }: Saved): string {
    return join(this.#directory, `${hash(kernel)}-${hash(notebook ?? '')}-${session}.json`);
  }
}
