import type { FileChange, FileDelta } from './files/contract.ts';
import { sameEntry } from './files/known.ts';
import type { Step, TimelineNode } from './node.ts';
import type { Tree } from './tree.ts';

/** As many states are kept; the ones beyond are joined to those after them, so that each costs a session once. */
const mostNodes = 1_000;
/** It is done for some at once. */
const spareNodes = 100;
/** Of more pieces of code in a row no memory is rebuilt. */
const mostSteps = 5_000;

/**
 * Where there are too many states, joins the oldest to the ones after them: what ran and which files changed stays known, but
 * one can't go back to them any more. The beginning, ends of branches and places where ways part stay.
 * @returns whether something was joined
 */
export function thin(tree: Tree): boolean {
  const { nodes } = tree;
  if (nodes.length <= mostNodes + spareNodes) return false;
  const kept = pinned(tree);
  const after = new Map(nodes.map((node) => [node.parent, node]));
  let left = nodes.length - mostNodes;
  for (const node of nodes) {
    if (left === 0) break;
    const next = after.get(node.id);
    if (kept.has(node.id) || next === undefined) continue;
    join(tree, node, next);
    left -= 1;
  }
  return left < nodes.length - mostNodes;
}

/** Numbers of the nodes that stay. */
function pinned(tree: Tree): ReadonlySet<number> {
  const { nodes } = tree;
  const followers = new Map<number | undefined, number>();
  for (const { parent } of nodes) followers.set(parent, (followers.get(parent) ?? 0) + 1);
  const parting = [...followers].flatMap(([id, count]) => (id !== undefined && count > 1 ? [id] : []));
  const ends = [...tree.branches.values()].map(({ id }) => id);
  const restored = nodes.flatMap(({ steps }) => steps.flatMap((step) => ('node' in step ? [step.node] : [])));
  const named = restored.filter((id) => id !== undefined);
  return new Set([...nodes.slice(0, 1).map(({ id }) => id), ...ends, ...parting, ...named]);
}

/** A node's steps and files become part of the ones after it. */
function join(tree: Tree, node: TimelineNode, next: TimelineNode): void {
  next.steps = bounded([...node.steps, ...next.steps]);
  if (node.files)
    for (const later of tree.nodes)
      if (later.files?.node === node.id)
        later.files = { node: node.files.node, delta: together(node.files.delta, later.files.delta) };
  tree.leaveOut(node, next);
}

const bounded = (steps: readonly Step[]): readonly Step[] =>
  steps.length > mostSteps ? [{ kind: 'forgotten' }, ...steps.slice(-mostSteps / 2)] : steps;

/** One delta, then another. What others changed between the two stays a gap between two changes of one path. */
function together(first: FileDelta, second: FileDelta): FileDelta {
  const newest = new Map(first.map((change) => [change.path, change]));
  const joined = new Map<FileChange, FileChange>();
  const added: FileChange[] = [];
  for (const change of second) {
    const before = newest.get(change.path);
    if (before && sameEntry(before.after, change.before))
      joined.set(before, { ...before, after: change.after });
    else added.push(change);
  }
  const changes = first.map((change) => joined.get(change) ?? change);
  return [...changes.filter(({ before, after }) => !sameEntry(before, after)), ...added];
}
