import type { Talk, Saved } from './schema.ts';
import { markOf, stillRuns } from './processes.ts';
import type { SessionKey, SessionStore } from './store.ts';

/** As many earlier sessions are read for a list. */
const mostListed = 20;

export interface SessionStateOptions extends SessionKey {
  readonly store: SessionStore;
  /** Of this run of the kernel. */
  readonly session: string;
  /** Whether a conversation that a crash ended comes back by itself. */
  readonly comesBack: boolean;
  readonly talk: {
    state(): Talk;
    /** Puts what was said before what has been said here. */
    prepend(earlier: Talk): void;
  };
  /** Takes secrets out of what is stored. */
  readonly redact: (value: unknown) => unknown;
  readonly log: (line: string) => void;
}

/** An earlier session, as `%resume list` shows it. */
export interface Earlier {
  readonly at: string;
  readonly prompts: number;
  readonly title: string;
}

/**
 * Keeps a session's conversation in a file, step by step, and finds earlier ones: by the kernel's id, then by the
 * notebook. What a crash ended comes back by itself, before the first cell; what a person ended, when they ask.
 */
export class SessionState {
  readonly #o: SessionStateOptions;
  readonly #process = markOf(process.pid);
  #saving: Promise<void> | undefined;
  #isStale = false;
  #hasBegun = false;
  #ended: Saved['ended'];
  #problem: string | undefined;
  #hasFailed = false;

  constructor(options: SessionStateOptions) {
    this.#o = options;
  }

  /**
   * Before a cell: the first one looks for an earlier session.
   * @returns what the reader is told, in Markdown
   */
  settle(): readonly string[] {
    const problem = this.#problem;
    this.#problem = undefined;
    const said = problem === undefined ? [] : [problem];
    if (this.#hasBegun) return said;
    this.#hasBegun = true;
    return [...said, ...this.#begin()];
  }

  /** The conversation has changed: it is saved as soon as the step's own work lets go. */
  changed(): void {
    this.#isStale = true;
    this.#saving ??= this.#saveAll();
  }

  /** Settles when what has changed so far is saved. Never rejects. */
  async saved(): Promise<void> {
    await this.#saving;
  }

  /** The session ends in order; settles when that is saved. Never rejects. */
  async end(how: 'end' | 'restart'): Promise<void> {
    this.#ended = how;
    if (this.#o.talk.state().entries.length > 0) this.changed();
    await this.#saving;
    if (this.#hasBegun) return;
    const left = this.#latest().saved;
    if (left !== undefined && left.ended === undefined) await this.#mark(left, how);
  }

  /** Earlier sessions of this kernel and notebook, the newest first. */
  earlier(): readonly Earlier[] {
    return this.#readable().map(({ at, prompts, title }) => ({ at, prompts, title }));
  }

  /** Brings an earlier conversation back. @param number from 1, the newest; `undefined` where there is none */
  resume(number: number): Earlier | undefined {
    const saved = this.#readable()[number - 1];
    if (saved === undefined) return undefined;
    this.#o.talk.prepend(saved.talk);
    this.changed();
    return saved;
  }

  #begin(): readonly string[] {
    const { store, log, comesBack } = this.#o;
    setImmediate(() => {
      try {
        store.prune();
      } catch (error) {
        log(`Old conversations could not be removed: ${String(error)}`);
      }
    });
    const { saved, problems } = this.#latest();
    return saved === undefined ? problems : [...problems, ...this.#meet(saved, comesBack)];
  }

  /** The newest session of this kernel, else of its notebook, that does not run any more. */
  #latest(): { readonly saved?: Saved; readonly problems: readonly string[] } {
    const { store } = this.#o;
    const found = store.find(this.#o);
    const isKernels = found.some((candidate) => candidate.isKernels);
    const problems: string[] = [];
    for (const { file } of found
      .filter((candidate) => candidate.isKernels === isKernels)
      .slice(0, mostListed)) {
      const saved = store.read(file);
      if ('problem' in saved) problems.push(saved.problem);
      else if (saved.ended !== undefined || !stillRuns(saved.process)) return { saved, problems };
    }
    return { problems };
  }

  /** Has an earlier session be one that has ended. */
  async #mark(saved: Saved, ended: 'end' | 'restart'): Promise<void> {
    await this.#o.store
      .mark(saved, ended)
      .catch((error: unknown) =>
        this.#o.log(`An earlier conversation could not be marked: ${String(error)}`),
      );
  }

  #meet(saved: Saved, comesBack: boolean): readonly string[] {
    const said = `the conversation so far (${count(saved.prompts)})`;
    if (saved.ended === 'restart') {
      return saved.prompts === 0 ? [] : [`A fresh start: ${said} is put away. \`%resume\` brings it back.`];
    }
    if (saved.ended === 'end' || !comesBack || saved.prompts === 0) return [];
    this.#o.talk.prepend(saved.talk);
    this.changed();
    // Not before it is saved anew; then no other kernel takes it up, too.
    void this.#saving?.then(() => this.#mark(saved, 'end'));
    return [
      `The kernel had ended without being asked to. Back is ${said}; **Python’s memory is new**, files are as they were.`,
    ];
  }

  #readable(): readonly Saved[] {
    const { store, session } = this.#o;
    return store
      .find(this.#o)
      .filter(({ file }) => !file.includes(session))
      .slice(0, mostListed)
      .flatMap(({ file }) => {
        const saved = store.read(file);
        return 'problem' in saved || saved.prompts === 0 ? [] : [saved];
      });
  }

  async #saveAll(): Promise<void> {
    while (this.#isStale) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#isStale = false;
      try {
        const saved = this.#current();
        // Without a notebook no later kernel would find it.
        if (saved.ended === 'end' && saved.notebook === undefined) await this.#o.store.remove(saved);
        else await this.#o.store.save(saved);
        this.#hasFailed = false;
      } catch (error) {
        this.#fail((error as Error).message);
        break;
      }
    }
    this.#saving = undefined;
  }

  #fail(why: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#problem = `This conversation can’t be saved, so a crash would lose it: ${why}`;
    this.#o.log(this.#problem);
  }

  #current(): Saved {
    const { session, kernel, notebook, talk, redact } = this.#o;
    const state = redact(talk.state()) as Talk;
    const prompts = state.entries
      .filter(({ role }) => role === 'user')
      .flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'words'));
    return {
      version: 1,
      ...{ session, kernel, ...(notebook !== undefined && { notebook }) },
      at: new Date().toISOString(),
      process: this.#process,
      ...(this.#ended && { ended: this.#ended }),
      prompts: prompts.length,
      title: prompts[0]?.text.replaceAll(/\s+/g, ' ').slice(0, 80) ?? '',
      talk: state,
    };
  }
}

const count = (prompts: number): string => `${prompts} ${prompts === 1 ? 'prompt' : 'prompts'}`;
