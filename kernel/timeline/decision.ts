import type { CellStart, RewindMode } from './contract.ts';
import type { TimelineNode } from './node.ts';
import { isCell, type Tree } from './tree.ts';

/** What running a cell does before it runs. */
export type Decision =
  | { readonly kind: 'go-on' }
  | { readonly kind: 'go-back'; readonly target: TimelineNode }
  /** The person is to be asked. */
  | { readonly kind: 'ask'; readonly target: TimelineNode; readonly question: string };

const goOn: Decision = { kind: 'go-on' };

/**
 * A cell that has run on the path goes back to before its first run. In doubt the person is asked: where what would be left
 * behind has an earlier cell of their own code that they changed and ran again since.
 */
export function decide(tree: Tree, { cell, executionCount }: CellStart, mode: RewindMode): Decision {
  const first = cell === undefined || mode === 'off' ? undefined : tree.firstRunOf(cell);
  const target = first && tree.parentOf(first);
  if (first === undefined || target === undefined) return goOn;
  const since = tree.path.slice(tree.path.indexOf(first));
  const numbers = since.filter((node) => isCell(node)).map((node) => node.executionCount);
  const left = `${numbers.length} ${numbers.length === 1 ? 'cell is' : 'cells are'} left behind`;
  if (mode === 'ask') {
    const question = `Cell [${first.executionCount}] has run before. Go back to before it? ${left} then. [y/N] `;
    return { kind: 'ask', target, question };
  }
  const changed = changedSince(tree, first);
  if (changed === undefined) return { kind: 'go-back', target };
  const question =
    `Going back to before [${first.executionCount}] leaves [${changed.executionCount}] behind, an earlier cell of yours ` +
    `that you changed and ran again. Go back? Otherwise [${executionCount}] runs on what there is. [y/N] `;
  return { kind: 'ask', target, question };
}

/** Code that was run after `first`, of a cell that had run before it with other code. */
function changedSince(tree: Tree, first: TimelineNode): TimelineNode | undefined {
  const { path } = tree;
  const at = path.indexOf(first);
  return path.slice(at + 1).find((node) => {
    if (node.kind !== 'code' || node.cell === undefined) return false;
    const before = path.slice(0, at).findLast(({ cell }) => cell === node.cell);
    return before !== undefined && codeOf(before) !== codeOf(node);
  });
}

const codeOf = ({ steps }: TimelineNode): string =>
  steps.map((step) => (step.kind === 'run' ? step.code : '')).join('\0');
