import type { Mark } from '../loop/mark.ts';
import type { CellEnd, CellStart } from './contract.ts';
import type { FileDelta } from './files/contract.ts';
import type { Step, TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import { thin } from './thin.ts';
import { Tree } from './tree.ts';
import { filesBase } from './ways.ts';
import { firstWords } from './words.ts';

export interface RecordingOptions extends Pick<TimelineOptions, 'worker' | 'files' | 'log'> {
  readonly conversation: Pick<
    TimelineOptions['conversation'],
    'version' | 'mark' | 'restore' | 'forget' | 'standIn'
  >;
  readonly journal: Pick<TimelineOptions['journal'], 'node' | 'files' | 'standing' | 'takeProblem'>;
  /** The nodes are those of another tree, too: none is joined to another. */
  readonly isDraft?: boolean;
}

/** Takes down what happens, as nodes of the tree, and keeps memory and files with them. Who calls it runs nothing meanwhile. */
export class Recording {
  readonly #o: RecordingOptions;
  tree: Tree;
  #open: { readonly start: CellStart; readonly steps: Step[] } | undefined;
  /** What happened beside cells since the newest node. */
  #loose: Step[] = [];
  /** Of the conversation, at the newest node. */
  #version: number;
  /** Code has run since memory and files were kept. */
  #isUnkept = true;
  /** Python may be replaced by another process any moment. */
  #isRecovering = false;
  #notices: string[] = [];
  /** The journal has the tree's beginning: a session in which nothing runs has none. */
  #isJournaled = false;

  constructor(options: RecordingOptions) {
    this.#o = options;
    this.tree = new Tree([Tree.beginning(options.conversation.mark())]);
    this.#version = options.conversation.version;
  }

  /** Code has run, or something else has become of Python's memory. */
  took(step: Step): void {
    if (step.kind === 'run' && step.status !== 'ok' && step.status !== 'error') this.#isRecovering = true;
    (this.#open?.steps ?? this.#loose).push(step);
    this.#isUnkept = true;
    const [first, second] = this.#loose.slice(-2);
    if (first?.kind === 'widgets' && second?.kind === 'widgets') this.#loose.pop();
  }

  /** Another process has taken over by itself, with the memory of that snapshot. */
  replaced(snapshot: string | undefined): void {
    const node = snapshot === undefined ? undefined : this.#holderOf(snapshot);
    this.took({ kind: 'restored', ...(node && { node: node.id }) });
  }

  /** A cell begins. */
  begin(start: CellStart): void {
    this.#o.conversation.standIn(start.cell);
    this.#open = { start, steps: [] };
  }

  /** The cell has ended. */
  end({ tokens, cost, failed, turns, ms }: CellEnd): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#o.conversation.standIn(undefined);
    this.#add({ ...nodeOf(open.start), tokens, cost, failed, turns, ms, steps: open.steps });
  }

  /** What happened beside cells becomes a node of its own. */
  tidy(): void {
    const hasTalked = this.#o.conversation.version !== this.#version;
    if (this.#loose.length === 0 && !hasTalked) return;
    const { executionCount } = this.tree.head;
    const steps = this.#loose.splice(0);
    this.#add({ kind: 'beside', executionCount, words: '', tokens: 0, steps });
  }

  /** Where code did not end by itself, keeps what there is once it is known which process runs: running that code again would not give it. */
  async recover(): Promise<void> {
    if (this.#isRecovering) await this.keep();
  }

  /** Keeps memory and files as they are here, where code has run since they were kept. Never rejects. */
  async keep(): Promise<void> {
    if (this.#isRecovering) {
      this.#isRecovering = false;
      // It is asked when it is free, so not before another has taken over.
      await this.#o.worker.variables().catch(() => undefined);
    }
    this.tidy();
    if (!this.#isUnkept) return;
    this.#isUnkept = false;
    const { head } = this.tree;
    const isStart = head.kind === 'start';
    const [snapshot, delta] = await Promise.all([
      this.#o.worker.snapshot().catch(() => undefined),
      isStart ? this.settleFiles() : this.#changes(),
    ]);
    head.snapshot = snapshot;
    if (!isStart) this.#knowFiles(head, filesBase(this.tree, head), delta);
  }

  /** The files are what they are at this node, counted from that one. */
  #knowFiles(node: TimelineNode, from: TimelineNode, delta: FileDelta | undefined): void {
    if (delta === undefined || node.files !== undefined) return;
    node.files = { node: from.id, delta };
    this.#o.journal.files(node);
  }

  /** What others have changed since is not this session's. */
  async settleFiles(): Promise<undefined> {
    await this.#o.files
      .settle()
      .catch((error: unknown) => this.#o.log(`Files are not kept: ${String(error)}`));
    return undefined;
  }

  /** What is to be told with the next cell; then it is told. */
  takeNotices(): readonly string[] {
    const problem = this.#o.journal.takeProblem();
    return [...this.#notices.splice(0), ...(problem === undefined ? [] : [problem])];
  }

  /** One stands at the tree's head again: the conversation, memory and files are its. */
  stands({
    files,
    forgets,
  }: {
    readonly files?: { readonly from: TimelineNode; readonly delta: FileDelta };
    readonly forgets: ReadonlySet<string>;
  }): void {
    const { head } = this.tree;
    if (files) this.#knowFiles(head, files.from, files.delta);
    const { conversation } = this.#o;
    conversation.restore(head.talk);
    conversation.forget(forgets);
    this.#version = conversation.version;
    this.#loose = [];
    this.#isUnkept = false;
    this.tellStanding();
  }

  /** Branches, or where one stands among them, are others than before. */
  tellStanding(): void {
    this.#tellBeginning(this.tree.path[0]);
    this.#o.journal.standing(this.tree.standing);
  }

  /** A branch of its own that begins at another node, with one cell: one stays where one stands. */
  branchAt(
    parent: TimelineNode,
    name: string,
    { snapshot, files, ...node }: Omit<TimelineNode, 'id' | 'parent'>,
  ): void {
    const { journal } = this.#o;
    const added = this.tree.branchAt(parent, name, node);
    this.#tellBeginning(parent);
    journal.node(added, parent);
    added.snapshot = snapshot;
    if (files) this.#knowFiles(added, this.tree.get(files.node), files.delta);
  }

  /** One stands where one stood, or with the memory that these steps make of it. */
  stayed(steps: readonly Step[]): void {
    this.#loose = [...steps];
    this.#isUnkept = steps.length > 0;
  }

  /**
   * An earlier session's tree takes the place of this one's. What ran here since follows after its end.
   * @returns whether nothing has run here
   */
  adopt(tree: Tree): boolean {
    const mine = [...this.tree.path.flatMap(({ steps }) => steps), ...this.#loose];
    const isFresh = mine.length === 0;
    this.tree = tree;
    this.#isJournaled = true;
    if (!isFresh) this.#loose = [{ kind: 'restored' }, ...mine.filter(({ kind }) => kind !== 'restored')];
    this.#version = -1;
    return isFresh;
  }

  /** Memory is what it was at the tree's head; what was said since stays said. */
  rebuilt(): void {
    this.#loose = [];
    this.#isUnkept = false;
  }

  async #changes(): Promise<FileDelta | undefined> {
    try {
      const { delta, notices } = await this.#o.files.changes();
      this.#notices.push(...notices);
      return delta;
    } catch (error) {
      this.#o.log(`What changed in the workspace is not known: ${String(error)}`);
      return undefined;
    }
  }

  #add(node: Omit<TimelineNode, 'id' | 'parent' | 'talk'>): void {
    const { conversation, journal } = this.#o;
    const before = this.tree.head;
    const added = this.tree.add({ ...node, talk: conversation.mark() });
    this.#version = conversation.version;
    this.#tellBeginning(before);
    journal.node(added, before);
    if (added.steps.length === 0 && !this.#isUnkept) {
      added.snapshot = before.snapshot;
      this.#knowFiles(added, filesBase(this.tree, before), []);
    }
    if (this.#o.isDraft !== true && thin(this.tree)) this.#letFilesGo();
  }

  /** @param node the beginning, where it is not told yet */
  #tellBeginning(node: TimelineNode | undefined): void {
    if (!this.#isJournaled && node) this.#o.journal.node(node, undefined);
    this.#isJournaled = true;
  }

  /** Contents that no way needs any more. */
  #letFilesGo(): void {
    const deltas = this.tree.nodes.flatMap(({ files }) => (files ? [files.delta] : []));
    this.#o.files
      .retain(deltas)
      .catch((error: unknown) => this.#o.log(`Contents are kept on: ${String(error)}`));
  }

  #holderOf(snapshot: string): TimelineNode | undefined {
    return this.tree.nodes.find((node) => node.snapshot === snapshot);
  }
}

/** What a node of a cell is known by. */
export function nodeOf({
  kind,
  cell,
  executionCount,
  source,
}: CellStart): Pick<TimelineNode, 'kind' | 'cell' | 'executionCount' | 'words'> {
  return { kind, cell, executionCount, words: firstWords(source) };
}

/** Whether nothing is another at a node than at the one before it. */
export const isWithoutEffect = (node: Pick<TimelineNode, 'steps' | 'talk'>, before: TimelineNode): boolean =>
  node.steps.length === 0 && isSameTalk(node.talk, before.talk);

/** What a failed cell was told of files and memory does not count. */
function isSameTalk(one: Mark, other: Mark): boolean {
  const texts = ({ entries }: Mark): string =>
    JSON.stringify(
      entries.flatMap(({ parts }) => parts.filter(({ kind }) => kind !== 'note').map(({ text }) => text)),
    );
  return texts(one) === texts(other);
}
