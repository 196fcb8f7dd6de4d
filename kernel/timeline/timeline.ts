import { Attempts } from './attempts/attempts.ts';
import { compare } from './compare.ts';
import { sideBySide } from './side-by-side.ts';
import type { AttemptEnd, Asked, CellEnd, CellStart, Refusal, RewindModes, Shown } from './contract.ts';
import { decide } from './decision.ts';
import { Comeback } from './comeback.ts';
import { Identities } from './identity.ts';
import type { Step, TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import { isWithoutEffect, nodeOf, Recording } from './recording.ts';
import { travel, type Arrival } from './travel.ts';
import { isCell, type Tree } from './tree.ts';
import { kept, noSuchCell, rewound, shared } from './words.ts';

/** A cell that comes sooner after the one before it finds the files as that one left them: nobody else writes as fast. */
const quickMs = 100;

/**
 * The history of one session: conversation, Python's memory and the files of the workspace after each cell, to go back to.
 * Who calls it sees to it that nothing else runs meanwhile.
 */
export class Timeline {
  readonly #o: TimelineOptions;
  readonly #recording: Recording;
  readonly #identities = new Identities();
  readonly #comeback: Comeback;
  #modes: RewindModes = { prompts: 'auto', code: 'off' };
  /** Cells that the person has deleted. */
  readonly #deleted = new Set<string>();
  #endedMs = -Infinity;
  #attempts: Attempts | undefined;
  /** The branches of the last attempts. */
  #tried: readonly string[] = [];

  constructor(options: TimelineOptions) {
    this.#o = options;
    this.#recording = new Recording(options);
    this.#comeback = new Comeback(options, this.#recording);
  }

  get tree(): Tree {
    return this.#recording.tree;
  }

  get modes(): RewindModes {
    return this.#modes;
  }

  set modes(modes: RewindModes) {
    this.#modes = modes;
  }

  /** Code has run, or something else has become of Python's memory. */
  took(step: Step): void {
    (this.#attempts ?? this.#recording).took(step);
  }

  /** Another process has taken over by itself, with the memory of that snapshot, or of none. */
  replaced(snapshot: string | undefined): void {
    (this.#attempts ?? this.#recording).replaced(snapshot);
  }

  /** An earlier session's conversation is back: its timeline comes back with the next cell. See `Comeback.of`. */
  comesBack(sessions: readonly string[], how: 'crash' | 'resume'): void {
    this.#comeback.of(sessions, how);
  }

  /** A cell is to run: first one goes back where that is asked for. */
  async begin(start: CellStart): Promise<void> {
    await this.#arrive(start);
    this.#recording.begin(start);
  }

  async #arrive(start: CellStart): Promise<void> {
    const recording = this.#recording;
    await this.settle(start);
    if (start.cell !== undefined) this.#deleted.delete(start.cell);
    const identity = this.#identities.meet(start);
    const mode = start.kind === 'prompt' ? this.#modes.prompts : this.#modes.code;
    if (identity === 'found' && mode !== 'off') start.say(shared);
    await this.#maybeGoBack(start, identity === 'one' ? mode : 'off');
    const isQuick = performance.now() - this.#endedMs < quickMs;
    if (start.kind === 'code' && isQuick) return;
    // What the cell before has changed is the session's, also where there was no time to keep it.
    if (start.kind === 'prompt' || this.tree.head.kind !== 'start') await recording.keep();
    await recording.settleFiles();
  }

  /**
   * A prompt is to run in several branches, with these names as far as there is none yet: first one goes back, as `begin` does.
   * Until `endAttempts` all that runs belongs to them.
   */
  async beginAttempts(start: CellStart, words: readonly string[]): Promise<Attempts | Refusal> {
    await this.#arrive(start);
    const names = this.tree.namesFor(words);
    if (names === undefined) return { problem: 'There are too many branches to make as many more.' };
    this.#attempts = new Attempts(this.#o, this.tree, names);
    return this.#attempts;
  }

  /**
   * The attempts are over, and are branches now, those that came to something. The branch one stands on goes on from the chosen
   * one; without one, it ends where it did.
   */
  async endAttempts(
    attempts: Attempts,
    start: CellStart,
    ends: readonly (AttemptEnd | undefined)[],
    chosen: number | undefined,
  ): Promise<void> {
    const recording = this.#recording;
    const ended = await attempts.end(chosen);
    this.#attempts = undefined;
    const { base, names } = attempts;
    const tried: string[] = [];
    for (const [at, name] of names.entries()) {
      const end = ends[at];
      const node = end && { ...nodeOf(start), ...end, ...attempts.outcome(at) };
      if (node === undefined || (node.failed && isWithoutEffect(node, base))) continue;
      recording.branchAt(base, name, node);
      tried.push(name);
    }
    this.#tried = tried;
    for (const notice of attempts.takeNotices()) start.say(notice);
    const name = chosen === undefined || 'problem' in ended ? undefined : names[chosen];
    if (name !== undefined) this.tree.goOn(name);
    recording.stands({ forgets: this.#deleted });
    if ('problem' in ended) {
      recording.stayed(ended.steps);
      start.say(`Memory is that of the branch that ran last: ${ended.problem}.`);
    } else this.#tell(ended, start);
    this.#identities.ended(start.cell, performance.now());
    this.#endedMs = performance.now();
  }

  /** A table of branches, or cells, side by side; without names of those that were tried last. */
  async compare(places: readonly string[], asked: Asked): Promise<Shown | Refusal> {
    await this.settle(asked);
    await this.keep();
    return sideBySide(this.#o, this.tree, places.length === 0 ? this.#tried : places);
  }

  /** More of a cell that has begun before is to run. */
  goOn(start: CellStart): void {
    this.#recording.begin(start);
  }

  end(end: CellEnd): void {
    this.#recording.end(end);
    this.#identities.ended(this.tree.head.cell, performance.now());
    this.#endedMs = performance.now();
  }

  /** Keeps memory and files as they are now, where that was not done. Never rejects. */
  async keep(): Promise<void> {
    if (!this.#comeback.isDue) await this.#recording.keep();
  }

  /** The person has deleted these cells: the model forgets them. */
  forget(cells: readonly string[]): void {
    if (cells.length === 0) return;
    if (!this.#comeback.isDue) this.#recording.tidy();
    for (const cell of cells) this.#deleted.add(cell);
    const { conversation, journal } = this.#o;
    conversation.forget(this.#deleted);
    const nodes = this.tree.nodes.filter(({ cell }) => cell !== undefined && cells.includes(cell));
    for (const node of nodes) node.deleted = true;
    if (nodes.length > 0) journal.deleted(nodes);
  }

  /** Back to just before that cell of the path; without a number before the last one. */
  async rewind(executionCount: number | undefined, asked: Asked): Promise<Refusal | undefined> {
    await this.settle(asked);
    const cell =
      executionCount === undefined ? this.tree.path.findLast(isCell) : this.tree.numbered(executionCount);
    const target = cell && this.tree.parentOf(cell);
    if (cell === undefined || target === undefined) return { problem: noSuchCell(this.tree, executionCount) };
    return this.#goBack(target, cell.executionCount, asked);
  }

  /** To the end of a branch. */
  async checkout(branch: string, asked: Asked): Promise<Refusal | undefined> {
    await this.settle(asked);
    const tip = this.tree.branches.get(branch);
    if (tip === undefined) {
      const names = [...this.tree.branches.keys()].slice(0, 20).map((name) => `\`${name}\``);
      return { problem: `There is no branch ${branch}: there are ${names.join(', ')}.` };
    }
    const arrival = await this.#travel(tip, asked);
    if ('problem' in arrival) return arrival;
    this.tree.checkout(branch);
    await this.#arrived(arrival);
    const number = this.tree.head.executionCount;
    const after = number === 0 ? 'at the beginning' : `after [${number}]`;
    const changed = arrival.moved.changed.length;
    const files = changed === 0 ? '' : `, ${changed} ${changed === 1 ? 'file' : 'files'} changed`;
    asked.say(`On branch \`${branch}\`, ${after}${files}.`);
    this.#tell(arrival, asked);
    return undefined;
  }

  /** A new branch begins here; one stands on it. */
  async branch(name: string, asked: Asked): Promise<Refusal | undefined> {
    await this.settle(asked);
    const problem = this.tree.branch(name);
    if (problem !== undefined) return { problem };
    this.#recording.tellStanding();
    return undefined;
  }

  /** What differs between two places: branches, or numbers of cells; absent: where one stands. */
  async diff(a: string | undefined, b: string | undefined, asked: Asked): Promise<Shown | Refusal> {
    await this.settle(asked);
    await this.keep();
    return compare(this.#o, this.tree, a, b);
  }

  /** Before anything is done: what came back, what others changed, what is to be told. */
  async settle(asked: Asked): Promise<void> {
    const isBack = this.#comeback.isDue;
    await this.#comeback.settle(asked, this.#deleted);
    if (isBack) this.#o.conversation.forget(this.#deleted);
    await this.#recording.recover();
    this.#recording.tidy();
    for (const notice of this.#recording.takeNotices()) asked.say(notice);
  }

  async #maybeGoBack(start: CellStart, mode: RewindModes['prompts']): Promise<void> {
    const decision = decide(this.tree, start, mode);
    if (decision.kind === 'go-on') return;
    if (decision.kind === 'ask') {
      const answer = await start.ask?.(decision.question).catch(() => undefined);
      if (answer === undefined || !/^\s*(y|yes)\s*$/i.test(answer)) return;
    }
    const first = this.tree.firstRunOf(start.cell ?? '');
    const refusal = await this.#goBack(decision.target, first?.executionCount, start);
    if (refusal !== undefined) start.say(`${refusal.problem} The cell runs on what there is.`);
  }

  async #goBack(
    target: TimelineNode,
    before: number | undefined,
    asked: Asked,
  ): Promise<Refusal | undefined> {
    this.#dropIdle(target);
    if (this.tree.head === target) return undefined;
    const arrival = await this.#travel(target, asked);
    if ('problem' in arrival) return arrival;
    const path = this.tree.path;
    const cells = path.slice(path.indexOf(target) + 1).filter(isCell).length;
    const branch = this.tree.goBack(target);
    await this.#arrived(arrival);
    asked.say(rewound(before, cells, arrival.moved.changed, branch));
    this.#tell(arrival, asked);
    return undefined;
  }

  /** Failed cells that changed nothing are no place to return to. */
  #dropIdle(target: TimelineNode): void {
    for (;;) {
      const { head } = this.tree;
      const before = this.tree.parentOf(head);
      if (head === target || before === undefined || head.failed !== true) return;
      if (!isWithoutEffect(head, before)) return;
      this.tree.dropHead();
      this.#o.journal.dropped(head);
      this.#recording.tellStanding();
    }
  }

  async #travel(to: TimelineNode, asked: Asked): Promise<Arrival | Refusal> {
    await this.#recording.keep();
    const { tree } = this;
    this.#o.moves.begin(to.id);
    const result = await travel(this.#o, tree, { from: tree.head, to }, asked);
    if (!('problem' in result)) return result;
    this.#recording.stayed(result.steps);
    return { problem: `It can’t be gone there: ${result.problem}.` };
  }

  async #arrived({ files }: Arrival): Promise<void> {
    const { journal, moves } = this.#o;
    this.#recording.stands({ ...(files && { files }), forgets: this.#deleted });
    await journal.saved();
    await moves.done();
  }

  #tell({ moved, notes }: Arrival, { say }: Asked): void {
    const left = kept(moved.left);
    if (left !== undefined) say(left);
    if (notes.length > 0) say(notes.join(' '));
  }
}
