import type { Mark } from '../../loop/mark.ts';
import type { TimelineNode } from '../node.ts';
import { mainBranch, type Standing } from '../tree.ts';
import { firstLine, journalVersion, lineSchema, type Line, type NodeLine, type PartLine } from './schema.ts';

/** What a journal tells. */
export interface Told {
  /** Each after its parent; the first is the beginning. */
  readonly nodes: readonly TimelineNode[];
  readonly standing: Standing;
}

/** Reads a journal's text up to the first line that is not whole or not right. `problem`: there is nothing in it that can be used. */
export function readJournal(text: string): Told | { readonly problem: string } {
  const [head = '', ...rest] = text.split('\n');
  // What follows the last line break was not written to its end.
  rest.pop();
  const first = firstLine.safeParse(parse(head));
  if (!first.success) return { problem: 'it does not begin as a timeline' };
  if (first.data.version > journalVersion) return { problem: 'a newer Replique wrote it' };
  const reader = new Reader();
  for (const line of rest) {
    const parsed = lineSchema.safeParse(parse(line));
    if (!parsed.success || !reader.take(parsed.data)) break;
  }
  return reader.told();
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

class Reader {
  readonly #parts = new Map<number, Mark['entries'][number]['parts'][number]>();
  readonly #nodes = new Map<number, TimelineNode>();
  #standing: Standing = { head: 0, on: mainBranch, tips: {} };

  /** `false` where the line does not fit those before it. */
  take(line: Line): boolean {
    switch (line.type) {
      case 'part':
        this.#parts.set(line.id, partOf(line));
        return true;
      case 'node':
        return this.#node(line);
      case 'files': {
        const node = this.#nodes.get(line.of);
        if (node === undefined || !this.#nodes.has(line.node) || line.node >= line.of) return false;
        node.files = { node: line.node, delta: line.delta };
        return true;
      }
      case 'standing':
        if (![line.head, ...Object.values(line.tips)].every((id) => this.#nodes.has(id))) return false;
        this.#standing = { head: line.head, on: line.on, tips: line.tips };
        return true;
      case 'deleted':
        for (const id of line.nodes) {
          const node = this.#nodes.get(id);
          if (node) node.deleted = true;
        }
        return true;
      case 'dropped':
        return this.#nodes.delete(line.node);
    }
  }

  told(): Told | { readonly problem: string } {
    const nodes = [...this.#nodes.values()];
    if (nodes[0]?.kind !== 'start') return { problem: 'it has no beginning' };
    return { nodes, standing: this.#standing };
  }

  #node({ talk, ...line }: NodeLine): boolean {
    const parent = line.parent === undefined ? undefined : this.#nodes.get(line.parent);
    const isFirst = this.#nodes.size === 0;
    if (isFirst !== (line.kind === 'start') || isFirst !== (parent === undefined)) return false;
    if (this.#nodes.has(line.id) || (parent !== undefined && line.id <= parent.id)) return false;
    if (line.steps.some((step) => step.kind === 'restored' && !this.#isEarlier(step.node, line.id)))
      return false;
    const before = parent?.talk.entries ?? [];
    if (talk.same > before.length) return false;
    const entries = talk.entries.map(([role, cell, ids]) => ({
      ...{ role, cell },
      parts: ids.flatMap((id) => this.#parts.get(id) ?? []),
    }));
    if (entries.some(({ parts }, at) => parts.length !== talk.entries[at]?.[2].length)) return false;
    const mark: Mark = {
      cell: talk.cell,
      entries: [...before.slice(0, talk.same), ...entries],
      said: { memory: [] },
      trail: talk.trail ?? '',
    };
    this.#nodes.set(line.id, nodeOf(line, mark));
    const { on, tips } = this.#standing;
    this.#standing = { head: line.id, on, tips: { ...tips, [on]: line.id } };
    return true;
  }

  #isEarlier(id: number | undefined, than: number): boolean {
    return id === undefined || (id < than && this.#nodes.has(id));
  }
}

const partOf = ({ kind, text, isDigest, of }: PartLine): Mark['entries'][number]['parts'][number] =>
  Object.freeze({ kind, text, ...(isDigest === true && { isDigest }), ...(of !== undefined && { of }) });

function nodeOf(line: Omit<NodeLine, 'talk'>, talk: Mark): TimelineNode {
  const { id, parent, kind, cell, executionCount, words, tokens, cost, failed, turns, ms, steps } = line;
  return { id, parent, kind, cell, executionCount, words, tokens, cost, failed, turns, ms, steps, talk };
}
