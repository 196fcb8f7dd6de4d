import { join } from 'node:path';
import { readRegularFile } from '../files.ts';
import { timelinesDir } from '../paths.ts';
import { journalFile } from '../timeline/journal/journal.ts';
import { readJournal, type Told } from '../timeline/journal/reading.ts';
import type { TimelineNode } from '../timeline/node.ts';

/** A cell of a session's timeline. */
export interface TimelineCell {
  readonly id: number;
  readonly parent: number | undefined;
  readonly kind: 'prompt' | 'code';
  readonly executionCount: number;
  /** How the cell's text begins. */
  readonly words: string;
  readonly turns: number;
  readonly helpers: number;
  /** Helpers that did not end well. */
  readonly failedHelpers: number;
  readonly tokens: number;
  /** US dollars; absent where no price is known. */
  readonly cost: number | undefined;
  /** Milliseconds. */
  readonly ms: number | undefined;
  readonly failed: boolean;
  /** Whether it is on the way to where the session stands. */
  readonly current: boolean;
}

interface Branch {
  readonly name: string;
  /** The cell that it ends with. */
  readonly tip: number;
  readonly cells: number;
  readonly current: boolean;
}

export interface Timeline {
  /** The last ones, oldest first. */
  readonly cells: readonly TimelineCell[];
  /** How many there are in all. */
  readonly count: number;
  readonly branches: readonly Branch[];
}

/** A longer journal takes too long to read for who waits for a page. */
const mostBytes = 16 * 2 ** 20;
const mostBranches = 200;

/**
 * A session's timeline as its journal tells it; `undefined` where it has none.
 * @param most cells that are told
 * @returns or what is wrong, as the rest of a sentence ("it …")
 */
export function readSessionTimeline(
  session: string,
  most: number,
  directory = timelinesDir(),
): Timeline | { readonly problem: string } | undefined {
  let text: string;
  try {
    text = readRegularFile(journalFile(join(directory, session)), mostBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { problem: (error as Error).message };
  }
  const told = readJournal(text);
  return 'problem' in told ? told : timelineOf(told, most);
}

function timelineOf({ nodes, standing }: Told, most: number): Timeline {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const onWay = wayTo(standing.head, byId);
  const cells = nodes.flatMap((node) => cellOf(node, onWay) ?? []);
  const tips = Object.entries(standing.tips).slice(0, mostBranches);
  return {
    cells: cells.slice(-most),
    count: cells.length,
    branches: tips.map(([name, tip]) => {
      const length = [...wayTo(tip, byId)].filter((id) => isCell(byId.get(id))).length;
      return { name, tip, cells: length, current: name === standing.on };
    }),
  };
}

const isCell = (node: TimelineNode | undefined): node is TimelineNode & { kind: 'prompt' | 'code' } =>
  node?.kind === 'prompt' || node?.kind === 'code';

function cellOf(node: TimelineNode, onWay: ReadonlySet<number>): TimelineCell | undefined {
  if (!isCell(node)) return undefined;
  const { id, parent, kind, executionCount, words, tokens, cost, ms, turns = 0, failed = false } = node;
  const helpers = node.steps.flatMap((step) =>
    step.kind === 'run' && step.origin?.kind === 'helper' ? [step] : [],
  );
  return {
    ...{ id, parent, kind, executionCount, words, tokens, cost, ms, turns, failed },
    helpers: helpers.length,
    failedHelpers: helpers.filter(({ status }) => status !== 'ok').length,
    current: onWay.has(id),
  };
}

/** A node and all before it. */
function wayTo(id: number, nodes: ReadonlyMap<number, TimelineNode>): ReadonlySet<number> {
  const way = new Set<number>();
  for (let at: number | undefined = id; at !== undefined && !way.has(at); at = nodes.get(at)?.parent)
    way.add(at);
  return way;
}
