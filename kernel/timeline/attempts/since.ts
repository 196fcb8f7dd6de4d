import { diffOfDeltas } from '../files/differences.ts';
import type { Step, TimelineNode } from '../node.ts';
import type { Tree } from '../tree.ts';
import { filesBase, filesWay } from '../ways.ts';

/** What has happened to Python's memory from one node to a later one, told without the nodes between them. */
export function stepsSince(tree: Tree, base: TimelineNode, node: TimelineNode): readonly Step[] {
  const steps: Step[] = [];
  for (const each of between(tree, base, node)) {
    for (const step of each.steps) {
      const at = step.kind === 'restored' && step.node !== undefined ? tree.get(step.node) : undefined;
      if (step.kind === 'restored') steps.length = 0;
      if (at !== undefined && between(tree, base, at).length > 0) steps.push(...stepsSince(tree, base, at));
      else steps.push(step);
    }
  }
  return steps;
}

/** What has changed in files from one node to a later one; `undefined` where that is not known. */
export function filesSince(tree: Tree, base: TimelineNode, node: TimelineNode): TimelineNode['files'] {
  const from = filesBase(tree, base);
  if (node !== base && filesBase(tree, node) !== node) return undefined;
  const { redo } = filesWay(tree, from, filesBase(tree, node));
  const delta = diffOfDeltas([], redo).map(({ path, before, after }) => ({ path, before, after }));
  return { node: from.id, delta };
}

/** The nodes after `base` up to one that comes after it; none where that does not. */
function between(tree: Tree, base: TimelineNode, node: TimelineNode): readonly TimelineNode[] {
  const path = tree.pathTo(node);
  const at = path.indexOf(base);
  return at === -1 ? [] : path.slice(at + 1);
}
