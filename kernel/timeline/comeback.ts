import type { Mark } from '../loop/mark.ts';
import type { Asked } from './contract.ts';
import { readTimeline, writtenMs } from './journal/journal.ts';
import type { TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import type { Recording } from './recording.ts';
import { travel } from './travel.ts';
import { Tree } from './tree.ts';
import { filesBase, planMemory } from './ways.ts';
import { count } from './words.ts';

/** Python's memory is rebuilt without being asked for where that took no longer. */
const mostMs = 60_000;
/** Files that were written so long before the last line may be of cells whose files were not kept any more. */
const recentMs = 5_000;

/** Brings an earlier session's timeline back, once its conversation is. */
export class Comeback {
  readonly #o: TimelineOptions;
  readonly #recording: Recording;
  #sessions: readonly string[] = [];
  #how: 'crash' | 'resume' = 'crash';
  /** When a line was added to the timeline that came back, in milliseconds since 1970. */
  #writtenMs = 0;

  constructor(options: TimelineOptions, recording: Recording) {
    this.#o = options;
    this.#recording = recording;
  }

  /** @param sessions the one that came back, and before it those whose timelines it may not have taken up, the newest first */
  of(sessions: readonly string[], how: 'crash' | 'resume'): void {
    this.#sessions = sessions;
    this.#how = how;
  }

  /** One is to come back with the next cell: until then nothing is written of this session's own, which would hide it. */
  get isDue(): boolean {
    return this.#sessions.length > 0;
  }

  /**
   * Takes the timeline up, if one is to come back.
   * @param deleted cells that were deleted while it waited; those that were before are added
   */
  async settle(asked: Asked, deleted: Set<string>): Promise<void> {
    const sessions = this.#sessions;
    this.#sessions = [];
    const { directory, journal, log } = this.#o;
    let session = '';
    let told: ReturnType<typeof readTimeline>;
    for (session of sessions) if ((told = readTimeline(directory, session)) !== undefined) break;
    if (told === undefined) return;
    this.#writtenMs = writtenMs(directory, session);
    if ('problem' in told) {
      asked.say(
        `The timeline of that conversation can’t be read: ${told.problem}. Its branches do not come back.`,
      );
      return;
    }
    const earlier = new Tree(told.nodes, told.standing);
    for (const node of told.nodes) if (node.cell !== undefined && deleted.has(node.cell)) node.deleted = true;
    for (const cell of forgottenIn(told.nodes)) deleted.add(cell);
    const isFresh = this.#recording.adopt(earlier);
    if (this.#how === 'crash' && isFresh) this.#agree(earlier, deleted);
    await this.#recording.settleFiles();
    await journal
      .takeOver(earlier, session)
      .catch((error: unknown) => log(`A timeline could not be taken over: ${String(error)}`));
    const branch = earlier.on;
    const plan = planMemory(earlier, earlier.head, () => false);
    if (plan.runs.length === 0 && isFresh) return;
    if (plan.isIncomplete) {
      this.#standApart(earlier);
      asked.say(
        `Its timeline is back, too (\`%branches\`); Python’s memory is not: more code ran than is kept.`,
      );
      return;
    }
    const totalMs = plan.runs.reduce((sum, { run }) => sum + run.ms, 0);
    const isQuick = totalMs < mostMs && !plan.runs.some(({ run }) => run.isRedacted === true);
    if (this.#how === 'crash' && isFresh && isQuick && !this.#o.hasNetwork()) {
      if (await this.#rebuild(earlier, earlier.head, asked)) return;
    }
    this.#standApart(earlier);
    const pieces = count(plan.runs.length, 'piece', 'pieces');
    asked.say(
      `Its timeline is back, too (\`%branches\`); Python’s memory is not. \`%checkout ${branch}\` rebuilds it by running ${pieces} of code again.`,
    );
  }

  /**
   * Conversation and timeline are written apart from each other: where a kernel was killed between the two, the conversation
   * is that of the timeline.
   */
  #agree({ nodes, head }: Tree, forgotten: ReadonlySet<string>): void {
    const { conversation } = this.#o;
    const here = textsOf(conversation.mark(), forgotten);
    const there = textsOf(head.talk, forgotten);
    const isSaid = (texts: readonly string[]): boolean => texts.every((text, at) => text === here[at]);
    // More was said than the timeline knows of: a prompt that was broken off. If it knows of it elsewhere, it has moved away from there.
    const hasMoved = nodes.some(({ talk }) => {
      const texts = textsOf(talk, forgotten);
      return texts.length > there.length && isSaid(texts);
    });
    if (isSaid(there) && !hasMoved) return;
    conversation.restore(head.talk);
    conversation.forget(forgotten);
    conversation.addNote('Python was started anew since then: the variables of before are gone.');
  }

  async #rebuild(tree: Tree, head: TimelineNode, asked: Asked): Promise<boolean> {
    const { moves, files } = this.#o;
    moves.begin();
    if (filesBase(tree, head) !== head) {
      // What ran last may write these again, and no delta names them.
      moves.runsAgain();
      await moves.note(files.recent(this.#writtenMs - recentMs));
    }
    const result = await travel(this.#o, tree, { from: head, to: head }, asked);
    await moves.done();
    if ('problem' in result) {
      asked.say(`Python’s memory could not be rebuilt: ${result.problem}.`);
      return false;
    }
    if (result.notes.length > 0) asked.say(result.notes.join(' '));
    this.#o.conversation.addNote('Its code was run again, so the variables of before are back.');
    this.#recording.rebuilt();
    return true;
  }

  /** Memory is new here, and its branch is another than the one that came back. */
  #standApart(tree: Tree): void {
    tree.branch(tree.newName('restart'));
    this.#recording.replaced(undefined);
    this.#recording.tidy();
    this.#recording.tellStanding();
  }
}

/** Cells of which every run was deleted. */
function forgottenIn(nodes: readonly TimelineNode[]): readonly string[] {
  const stays = new Set(nodes.filter(({ deleted }) => deleted !== true).map(({ cell }) => cell));
  return nodes.flatMap(({ cell }) => (cell === undefined || stays.has(cell) ? [] : [cell]));
}

const textsOf = ({ entries }: Mark, without: ReadonlySet<string>): readonly string[] =>
  entries
    .flatMap(({ parts }) => parts)
    .filter(({ of }) => of === undefined || !without.has(of))
    .map(({ text }) => text);
