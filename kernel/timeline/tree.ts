import type { Mark } from '../loop/mark.ts';
import type { TimelineNode } from './node.ts';

export const mainBranch = 'main';
const mostBranches = 500;
const names = /^[A-Za-z][\w.-]{0,39}$/;

/** Where one stands, and where the branches end. */
export interface Standing {
  readonly head: number;
  /** The branch one stands on: it ends at `head`. */
  readonly on: string;
  readonly tips: Readonly<Record<string, number>>;
}

/** The states of a session, each after the one before it, and the names of the ways through them. */
export class Tree {
  readonly #nodes = new Map<number, TimelineNode>();
  readonly #tips = new Map<string, number>();
  #head: TimelineNode;
  #on = mainBranch;
  #next: number;

  /** @param nodes each after its parent; the first is the beginning */
  constructor(nodes: readonly TimelineNode[], standing?: Standing) {
    const [root] = nodes;
    if (root === undefined) throw new Error('A tree needs a beginning.');
    for (const node of nodes) this.#nodes.set(node.id, node);
    this.#next = Math.max(...this.#nodes.keys()) + 1;
    for (const [name, id] of Object.entries(standing?.tips ?? {}))
      if (this.#nodes.has(id)) this.#tips.set(name, id);
    this.#on = standing?.on ?? mainBranch;
    this.#head = this.#nodes.get(standing?.head ?? root.id) ?? root;
    this.#tips.set(this.#on, this.#head.id);
  }

  static beginning(talk: Mark): TimelineNode {
    const nothing = { executionCount: 0, words: '', tokens: 0, steps: [] };
    return { id: 0, parent: undefined, kind: 'start', talk, ...nothing };
  }

  get head(): TimelineNode {
    return this.#head;
  }

  get on(): string {
    return this.#on;
  }

  get standing(): Standing {
    return { head: this.#head.id, on: this.#on, tips: Object.fromEntries(this.#tips) };
  }

  get nodes(): readonly TimelineNode[] {
    return [...this.#nodes.values()];
  }

  /** The names of branches, with the nodes at their ends. */
  get branches(): ReadonlyMap<string, TimelineNode> {
    return new Map([...this.#tips].map(([name, id]) => [name, this.get(id)]));
  }

  get(id: number): TimelineNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`There is no node ${id}.`);
    return node;
  }

  /** The state one stands in is followed by this one. */
  add(node: Omit<TimelineNode, 'id' | 'parent'>): TimelineNode {
    const added = { ...node, id: this.#next, parent: this.#head.id };
    this.#next += 1;
    this.#nodes.set(added.id, added);
    this.#head = added;
    this.#tips.set(this.#on, added.id);
    return added;
  }

  /** A state after another one, at the end of a branch of its own; one stays where one stands. */
  branchAt(parent: TimelineNode, name: string, node: Omit<TimelineNode, 'id' | 'parent'>): TimelineNode {
    const added = { ...node, id: this.#next, parent: parent.id };
    this.#next += 1;
    this.#nodes.set(added.id, added);
    this.#tips.set(name, added.id);
    return added;
  }

  /** The branch one stands on leads to the end of another one, too, and one stands there. */
  goOn(name: string): void {
    this.#stand(this.#tipOf(name));
  }

  /**
   * Names for branches that are to be made: the words, with a number where there is such a branch, or where a word comes more
   * than once. `undefined` where there would be too many branches.
   */
  namesFor(words: readonly string[]): readonly string[] | undefined {
    if (this.#tips.size + words.length > mostBranches) return undefined;
    const taken = new Set(this.#tips.keys());
    const isRepeated = new Set(words).size < words.length;
    return words.map((word) => {
      let name = word;
      for (let at = isRepeated ? 1 : 2; taken.has(name) || (isRepeated && name === word); at += 1)
        name = `${word}-${at}`;
      taken.add(name);
      return name;
    });
  }

  parentOf(node: TimelineNode): TimelineNode | undefined {
    return node.parent === undefined ? undefined : this.get(node.parent);
  }

  /** From the beginning to a node, which is the last. */
  pathTo(node: TimelineNode): readonly TimelineNode[] {
    const path: TimelineNode[] = [];
    for (let at: TimelineNode | undefined = node; at !== undefined; at = this.parentOf(at)) path.push(at);
    return path.reverse();
  }

  get path(): readonly TimelineNode[] {
    return this.pathTo(this.#head);
  }

  isOnWayTo(node: TimelineNode, end: TimelineNode): boolean {
    return this.pathTo(end).includes(node);
  }

  /** The state before the first run of a cell on the path, and that run. */
  firstRunOf(cell: string): TimelineNode | undefined {
    return this.path.find((node) => node.cell === cell);
  }

  /**
   * The first node of the cell with that number on the path. Where a conversation was taken up that has the same numbers,
   * it is the newer cell: so the less is left behind.
   */
  numbered(executionCount: number): TimelineNode | undefined {
    const cells = this.path.filter(isCell);
    let at = cells.findLastIndex((node) => node.executionCount === executionCount);
    const newest = cells[at];
    const isBefore = (node: TimelineNode | undefined): boolean =>
      node?.executionCount === executionCount && node.cell === newest?.cell;
    while (isBefore(cells[at - 1])) at -= 1;
    return cells[at];
  }

  /**
   * Stands at a state that is on the path. What is left behind keeps a name.
   * @returns the branch on which it can be found; `undefined` where nothing is left behind
   */
  goBack(target: TimelineNode): string | undefined {
    const left = this.#head;
    if (left === target) return undefined;
    const others = [...this.#tips].filter(([name]) => name !== this.#on);
    const known = others.find(([, tip]) => this.isOnWayTo(left, this.get(tip)));
    const name = known?.[0] ?? this.newName('left');
    if (known === undefined) this.#tips.set(name, left.id);
    this.#stand(target);
    return name;
  }

  /** Stands at the end of a branch, which must be there. */
  checkout(name: string): TimelineNode {
    const tip = this.#tipOf(name);
    this.#on = name;
    this.#stand(tip);
    return tip;
  }

  /** A new branch begins where one stands; one stands on it then. Says what is wrong where it can't. */
  branch(name: string): string | undefined {
    if (this.#tips.has(name)) return `There is a branch ${name} already.`;
    if (!names.test(name))
      return 'A branch’s name begins with a letter and has letters, digits, `-`, `_` and `.`, 40 at most.';
    if (this.#tips.size >= mostBranches) return `There are ${mostBranches} branches: no more can be made.`;
    this.#tips.set(name, this.#head.id);
    this.#on = name;
    return undefined;
  }

  /** A name that no branch has: the word and a number. */
  newName(word: string): string {
    const form = new RegExp(`^${word}-(\\d{1,9})$`);
    const numbers = [...this.#tips.keys()].map((name) => Number(form.exec(name)?.[1] ?? 0));
    return `${word}-${Math.max(0, ...numbers) + 1}`;
  }

  /** Takes a node that nothing follows away; one stands before it then. */
  dropHead(): void {
    const parent = this.parentOf(this.#head);
    if (parent === undefined) return;
    this.#nodes.delete(this.#head.id);
    for (const [name, tip] of this.#tips) if (tip === this.#head.id) this.#tips.set(name, parent.id);
    this.#head = parent;
  }

  #tipOf(name: string): TimelineNode {
    const tip = this.#tips.get(name);
    if (tip === undefined) throw new Error(`There is no branch ${name}.`);
    return this.get(tip);
  }

  /** Takes a node away that one other follows, and no branch ends at; that one takes its place. */
  leaveOut(node: TimelineNode, next: TimelineNode): void {
    this.#nodes.delete(node.id);
    next.parent = node.parent;
  }

  #stand(node: TimelineNode): void {
    this.#head = node;
    this.#tips.set(this.#on, node.id);
  }
}

/** Whether it is the state after a cell that a person sees. */
export const isCell = ({ kind }: TimelineNode): boolean => kind === 'prompt' || kind === 'code';
