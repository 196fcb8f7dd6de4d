import { repliqueError } from '../../errors.ts';
import { Turns } from '../../turns.ts';
import type { LeftFile } from '../files/contract.ts';
import type { Step, TimelineNode } from '../node.ts';
import type { TimelineOptions } from '../options.ts';
import { Recording } from '../recording.ts';
import { travel, type Arrival } from '../travel.ts';
import { Tree } from '../tree.ts';
import { filesSince, stepsSince } from './since.ts';

/** One stands there; or where they began, with the memory that these steps make of it, and why. */
export type Ended = Arrival | { readonly problem: string; readonly steps: readonly Step[] };

type Options = Pick<TimelineOptions, 'worker' | 'files' | 'moves' | 'log' | 'conversation'>;

/**
 * Several branches that begin at the same node and take turns in the one process: before something runs in another of them than
 * before, memory and files are kept, and those of that branch are put there. They are the session's when they are over.
 */
export class Attempts {
  readonly names: readonly string[];
  readonly base: TimelineNode;
  readonly #o: Options;
  /** The session's nodes, and what the attempts have come to so far. */
  readonly #tree: Tree;
  readonly #recording: Recording;
  readonly #turns = new Turns();
  /** What is to be told of going from one to another. */
  readonly #left = new Map<string, LeftFile>();
  readonly #notes = new Set<string>();

  /** @param tree the session's: one stands where they begin, and memory and files are kept there */
  constructor(options: Options, tree: Tree, names: readonly string[]) {
    this.names = names;
    this.#o = options;
    this.base = tree.head;
    this.#tree = new Tree(tree.nodes, { head: tree.head.id, on: start, tips: {} });
    for (const at of names.keys()) this.#tree.branch(branchOf(at));
    this.#tree.checkout(start);
    this.#recording = new Recording({ ...options, ...untold(this.base), isDraft: true });
    this.#recording.tree = this.#tree;
    this.#recording.stands({ forgets: new Set() });
  }

  /** Code has run, or something else has become of Python's memory. */
  took(step: Step): void {
    this.#recording.took(step);
  }

  /** What is to be told of what was kept. */
  takeNotices(): readonly string[] {
    return this.#recording.takeNotices();
  }

  /** Another process has taken over by itself. */
  replaced(snapshot: string | undefined): void {
    this.#recording.replaced(snapshot);
  }

  /**
   * Does something when memory and files are those of an attempt.
   * @returns `undefined` where the signal came before
   * @throws RepliqueError WORKER_FAILED where they can't be had
   */
  async within<T>(attempt: number, signal: AbortSignal, action: () => Promise<T>): Promise<T | undefined> {
    if (signal.aborted) return undefined;
    const done = await this.#turns.enterUnless(signal);
    if (done === undefined) return undefined;
    try {
      const arrival = await this.#goTo(branchOf(attempt), signal);
      if ('problem' in arrival)
        throw repliqueError('WORKER_FAILED', { problem: `its branch can’t be gone to: ${arrival.problem}` });
      return await action();
    } finally {
      done();
    }
  }

  /** Stands at the end of one, or where they began. Nothing runs in them any more. */
  async end(chosen: number | undefined): Promise<Ended> {
    const done = await this.#turns.enter();
    try {
      const arrival = await this.#goTo(
        chosen === undefined ? start : branchOf(chosen),
        new AbortController().signal,
      );
      if (!('problem' in arrival))
        return { moved: { changed: [], left: [...this.#left.values()] }, notes: [...this.#notes] };
      const steps = [...stepsSince(this.#tree, this.base, this.#tree.head), ...arrival.steps];
      return { problem: arrival.problem, steps };
    } finally {
      done();
    }
  }

  /** What an attempt has come to, as one node that follows where it began. Memory and files have been kept. */
  outcome(attempt: number): Pick<TimelineNode, 'steps' | 'snapshot' | 'files'> {
    const tip = this.#tree.branches.get(branchOf(attempt)) ?? this.base;
    return {
      steps: stepsSince(this.#tree, this.base, tip),
      snapshot: tip.snapshot,
      files: filesSince(this.#tree, this.base, tip),
    };
  }

  async #goTo(branch: string, signal: AbortSignal): ReturnType<typeof travel> {
    await this.#keep();
    const from = this.#tree.head;
    const to = this.#tree.branches.get(branch) ?? this.base;
    const arrival =
      from === to
        ? { moved: { changed: [], left: [] }, notes: [] }
        : await this.#travel({ from, to }, signal);
    if ('problem' in arrival) {
      this.#recording.stayed(arrival.steps);
      return arrival;
    }
    this.#tree.checkout(branch);
    const { files, moved, notes } = arrival;
    for (const file of moved.left) this.#left.set(file.path, file);
    for (const note of notes) this.#notes.add(note);
    this.#recording.stands({ ...(files && { files }), forgets: new Set() });
    return arrival;
  }

  async #travel(ends: Parameters<typeof travel>[2], signal: AbortSignal): ReturnType<typeof travel> {
    const { moves } = this.#o;
    moves.begin();
    const arrival = await travel(this.#o, this.#tree, ends, { signal });
    await moves.done();
    return arrival;
  }

  /** The copy of the memory at an attempt's end takes the place of the one before it. */
  async #keep(): Promise<void> {
    const { worker } = this.#o;
    const before = this.#tree.head;
    await this.#recording.keep();
    const { head } = this.#tree;
    const isKept = head.snapshot !== undefined && worker.has(head.snapshot);
    if (head === before || before === this.base || before.snapshot === undefined || !isKept) return;
    if (worker.limitsOf(head.snapshot ?? '').length === 0) await worker.drop(before.snapshot);
  }
}

const start = 'start';
const branchOf = (attempt: number): string => `attempt-${attempt}`;

/** Neither messages nor the journal change before the attempts are over. */
function untold({
  talk,
}: TimelineNode): Pick<ConstructorParameters<typeof Recording>[0], 'conversation' | 'journal'> {
  const nothing = (): void => undefined;
  return {
    conversation: { version: 0, mark: () => talk, restore: nothing, forget: nothing, standIn: nothing },
    journal: { node: nothing, files: nothing, standing: nothing, takeProblem: () => undefined },
  };
}
