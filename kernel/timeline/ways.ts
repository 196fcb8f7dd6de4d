import type { FileDelta } from './files/contract.ts';
import type { Run, TimelineNode } from './node.ts';
import type { Tree } from './tree.ts';

/** A run, in its cell. */
export interface PlannedRun {
  readonly run: Run;
  readonly node: TimelineNode;
}

/** How Python's memory at a node is had. */
export interface MemoryPlan {
  /** The copy to begin with; absent: a fresh process. */
  readonly base: { readonly node: TimelineNode; readonly snapshot: string } | undefined;
  /** What is to be run then. */
  readonly runs: readonly PlannedRun[];
  /** A node before the first run whose files are known: they are what the runs begin with. */
  readonly filesOf: TimelineNode;
  /** Widgets were moved: that can't be done again. */
  readonly hasWidgets: boolean;
  /** Not all that ran is known any more: what is to be run is not all. */
  readonly isIncomplete: boolean;
}

/** @param lives whether a snapshot can be resumed */
export function planMemory(tree: Tree, target: TimelineNode, lives: (id: string) => boolean): MemoryPlan {
  const runs: PlannedRun[] = [];
  let hasWidgets = false;
  let isIncomplete = false;
  let filesOf: TimelineNode | undefined;
  let node: TimelineNode | undefined = target;
  while (node !== undefined) {
    if (node.snapshot !== undefined && lives(node.snapshot)) {
      const base = { node, snapshot: node.snapshot };
      return { base, runs, filesOf: filesOf ?? filesBase(tree, node), hasWidgets, isIncomplete };
    }
    let next: TimelineNode | undefined = tree.parentOf(node);
    for (const step of node.steps.toReversed()) {
      if (step.kind === 'widgets') hasWidgets = true;
      else if (step.kind === 'forgotten') isIncomplete = true;
      else if (step.kind === 'run') runs.unshift({ run: step, node });
      else {
        filesOf ??= filesBase(tree, tree.parentOf(node) ?? node);
        next = step.node === undefined ? undefined : tree.get(step.node);
        break;
      }
    }
    node = next;
  }
  const [root = target] = tree.pathTo(target);
  return { base: undefined, runs, filesOf: filesOf ?? root, hasWidgets, isIncomplete };
}

/** The nearest node up from this one, itself included, whose files are known. The beginning's are. */
export function filesBase(tree: Tree, node: TimelineNode): TimelineNode {
  let at = node;
  while (at.files === undefined) {
    const parent = tree.parentOf(at);
    if (parent === undefined) return at;
    at = parent;
  }
  return at;
}

/** What is to be undone, newest last, and done, oldest first, to go from the files of one node to those of another. Both must be known. */
export function filesWay(
  tree: Tree,
  from: TimelineNode,
  to: TimelineNode,
): { readonly undo: readonly FileDelta[]; readonly redo: readonly FileDelta[] } {
  const back = chain(tree, from);
  const forth = chain(tree, to);
  let shared = 0;
  while (shared < back.length && back[shared] === forth[shared]) shared += 1;
  const deltas = (nodes: readonly TimelineNode[]): FileDelta[] =>
    nodes
      .slice(shared)
      .map(({ files }) => files?.delta ?? [])
      .filter((delta) => delta.length > 0);
  return { undo: deltas(back), redo: deltas(forth) };
}

/** From the beginning, by what each node's files are counted from. */
function chain(tree: Tree, node: TimelineNode): readonly TimelineNode[] {
  const nodes: TimelineNode[] = [];
  for (let at: TimelineNode | undefined = node; at !== undefined;) {
    nodes.push(at);
    at = at.files === undefined ? undefined : tree.get(at.files.node);
  }
  return nodes.reverse();
}
