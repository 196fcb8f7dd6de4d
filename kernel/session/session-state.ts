import { markOf, stillRuns } from '../processes.ts';
import { Saver } from './saver.ts';
import { mostContinued, type KeptModel, type Saved, type Talk } from './schema.ts';
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
    /** Puts what was said before what has been said here. Says what was broken off there. */
    prepend(earlier: Talk): 'helper' | 'reply' | undefined;
  };
  readonly model: {
    /** Who answers; `undefined` before the first prompt. */
    kept(): KeptModel | undefined;
    /** The same is to answer as before a crash. */
    restore(kept: KeptModel): void;
  };
  /** Told when the conversation of an earlier session is back: which, and before it those that it continues, the newest first. */
  readonly onBack?: (sessions: readonly string[], how: 'crash' | 'resume') => void;
  /** The number of the last cell that the timeline of these sessions tells of, which is written before the conversation; 0: of none. */
  readonly lastNumber?: (sessions: readonly string[]) => number;
  /** Settles when that is saved which the saved conversation must not be ahead of. Must not reject. */
  readonly before?: () => Promise<void>;
  /** Takes secrets out of what is stored. */
  readonly redact: (value: unknown) => unknown;
  readonly log: (line: string) => void;
}

interface Found {
  readonly saved?: Saved;
  /** Of files that can't be used. */
  readonly problems: readonly string[];
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
  readonly #saver: Saver;
  /** The session before this one, once it has been looked for. */
  #before: Found | undefined;
  /** Settles when the one that has come back is marked. */
  #takenUp: Promise<void> | undefined;
  #hasBegun = false;
  #executionCount = 0;
  /** The number of the last cell as it is saved; absent: nothing is. */
  #savedCount: number | undefined;
  #continues: readonly string[] | undefined;
  #ended: Saved['ended'];

  constructor(options: SessionStateOptions) {
    this.#o = options;
    this.#saver = new Saver({ write: () => this.#save(), log: options.log });
  }

  /**
   * Before a cell: the first one looks for an earlier session.
   * @returns what the reader is told, in Markdown
   */
  settle(): readonly string[] {
    const problem = this.#saver.takeProblem();
    const said = problem === undefined ? [] : [problem];
    if (this.#hasBegun) return said;
    this.#hasBegun = true;
    return [...said, ...this.#begin()];
  }

  /** The conversation has changed: it is saved as soon as the step's own work lets go. */
  changed(): void {
    this.#saver.changed();
  }

  /** Whether what has changed so far, and the number of the last cell, could be saved, as soon as that is known. Never rejects. */
  saved(): Promise<boolean> {
    if (this.#savedCount !== this.#executionCount) this.changed();
    return this.#saver.saved();
  }

  /** The number of the last cell before a crash; 0 where no conversation comes back. */
  lastCount(): number {
    const { saved } = this.#find();
    if (saved === undefined || !this.#comesBack(saved)) return 0;
    return Math.max(saved.executionCount, this.#o.lastNumber?.(withContinued(saved)) ?? 0);
  }

  /** A cell has got this number. */
  counted(executionCount: number): void {
    this.#executionCount = executionCount;
    if (this.#isWorthKeeping()) this.changed();
  }

  /**
   * A client asks for the session's end: from now on it has ended in order, even if its kernel is killed before it has.
   * Settles when that is saved. Never rejects.
   */
  async end(how: 'end' | 'restart'): Promise<void> {
    this.#ended ??= how;
    if (this.#isWorthKeeping()) this.changed();
    await this.#saver.saved();
    if (this.#hasBegun) return;
    const left = this.#find().saved;
    if (left !== undefined && left.ended === undefined) await this.#mark(left, how);
  }

  /** The session has ended; settles when all is saved. Never rejects. */
  async finish(): Promise<void> {
    await this.#saver.finish();
    await this.#takenUp;
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
    this.#follow(saved, 'resume');
    this.changed();
    return saved;
  }

  #begin(): readonly string[] {
    const { store, log } = this.#o;
    setImmediate(() => {
      try {
        store.prune();
      } catch (error) {
        log(`Old conversations could not be removed: ${String(error)}`);
      }
    });
    const { saved, problems } = this.#find();
    return saved === undefined ? problems : [...problems, ...this.#meet(saved)];
  }

  #find(): Found {
    return (this.#before ??= this.#latest());
  }

  /** The newest session of this kernel, else of its notebook, that does not run any more. */
  #latest(): Found {
    const { store } = this.#o;
    const found = store.find(this.#o);
    const isKernels = found.some((candidate) => candidate.isKernels);
    const problems: string[] = [];
    for (const { file } of found
      .filter((candidate) => candidate.isKernels === isKernels)
      .slice(0, mostListed)) {
      const saved = store.read(file);
      if ('problem' in saved) problems.push(saved.problem);
      else if (saved.ended !== undefined || !stillRuns(saved.process))
        return { saved, problems: [...new Set(problems)] };
    }
    return { problems: [...new Set(problems)] };
  }

  /** Has an earlier session be one that has ended. */
  async #mark(saved: Saved, ended: 'end' | 'restart'): Promise<void> {
    await this.#o.store
      .mark(saved, ended)
      .catch((error: unknown) =>
        this.#o.log(`An earlier conversation could not be marked: ${String(error)}`),
      );
  }

  /** A session that a crash ended. */
  #comesBack({ ended }: Saved): boolean {
    return ended === undefined && this.#o.comesBack;
  }

  #isWorthKeeping(): boolean {
    return this.#savedCount !== undefined || this.#o.talk.state().entries.length > 0;
  }

  #meet(saved: Saved): readonly string[] {
    if (saved.ended === 'restart' && saved.prompts > 0) {
      return [`A fresh start: ${conversationOf(saved)} is put away. \`%resume\` brings it back.`];
    }
    if (!this.#comesBack(saved)) return [];
    const brokenOff = saved.talk.entries.length > 0 ? this.#o.talk.prepend(saved.talk) : undefined;
    this.#follow(saved, 'crash');
    if (saved.model) this.#o.model.restore(saved.model);
    this.#executionCount = Math.max(this.#executionCount, saved.executionCount);
    this.changed();
    // Not before it is saved anew; then no other kernel takes it up, too.
    this.#takenUp = this.#saver.saved().then((isSaved) => (isSaved ? this.#mark(saved, 'end') : undefined));
    return [
      `The kernel had ended without being asked to. ${backIs(saved)}**Python began anew**, files are as they were.` +
        (brokenOff === undefined ? '' : ` ${lost[brokenOff]}`),
    ];
  }

  #follow(saved: Saved, how: 'crash' | 'resume'): void {
    this.#continues = withContinued(saved);
    this.#o.onBack?.(this.#continues, how);
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

  async #save(): Promise<void> {
    const saved = this.#current();
    await this.#o.before?.();
    // Without a notebook no later kernel would find it.
    if (saved.ended === 'end' && saved.notebook === undefined) await this.#o.store.remove(saved);
    else await this.#o.store.save(saved);
    this.#savedCount = saved.executionCount;
  }

  #current(): Saved {
    const { session, kernel, notebook, talk, redact } = this.#o;
    const model = this.#o.model.kept();
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
      executionCount: this.#executionCount,
      ...(model && { model }),
      ...(this.#continues && { continues: this.#continues }),
      talk: state,
    };
  }
}

const lost = {
  helper: 'A helper ran then: its result is lost.',
  reply: 'The last prompt was not answered to the end.',
};

/** A session, and those that it continues, the newest first. */
const withContinued = ({ session, continues = [] }: Saved): readonly string[] =>
  [session, ...continues].slice(0, mostContinued);

const conversationOf = ({ prompts }: Saved): string =>
  `the conversation so far (${prompts} ${prompts === 1 ? 'prompt' : 'prompts'})`;

function backIs(saved: Saved): string {
  if (saved.prompts > 0) return `Back is ${conversationOf(saved)}; `;
  return saved.talk.entries.length > 0 ? 'Back are the code cells so far; ' : '';
}
