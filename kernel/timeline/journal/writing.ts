import type { Mark } from '../../loop/mark.ts';
import type { Step, TimelineNode } from '../node.ts';
import type { Line, NodeLine } from './schema.ts';

type FrozenPart = Mark['entries'][number]['parts'][number];

const longestEname = 200;

/** Turns nodes into lines of a journal: a part of a message is written once. Images are not. */
export class NodeLines {
  readonly #ids = new WeakMap<FrozenPart, number>();
  #next: number;
  readonly #redact: (text: string) => string;

  /** @param next the first number of a part that is free */
  constructor(redact: (text: string) => string, next = 0) {
    this.#redact = redact;
    this.#next = next;
  }

  /** The lines for a node; what it has in common with the one before it is not said again. */
  of(node: TimelineNode, parent: Pick<TimelineNode, 'talk'> | undefined): readonly Line[] {
    const lines: Line[] = [];
    const { id, kind, cell, executionCount, words, tokens, cost, failed, turns, ms, steps, talk } = node;
    const line: NodeLine = {
      type: 'node',
      id,
      ...(node.parent !== undefined && { parent: node.parent }),
      ...{ kind, executionCount, words: this.#redact(words), tokens },
      ...(cell !== undefined && { cell }),
      ...(cost !== undefined && { cost }),
      ...(failed === true && { failed }),
      ...(turns !== undefined && { turns }),
      ...(ms !== undefined && { ms }),
      steps: steps.map((step) => this.#step(step)),
      talk: this.#talk(talk, parent?.talk, lines),
    };
    return [...lines, line];
  }

  /** A part has that number in the journal. */
  knows(part: FrozenPart, id: number): void {
    this.#ids.set(part, id);
  }

  #step(step: Step): NodeLine['steps'][number] {
    if (step.kind === 'restored')
      return { kind: 'restored', ...(step.node !== undefined && { node: step.node }) };
    if (step.kind !== 'run') return step;
    const code = this.#redact(step.code);
    const { ename, isRedacted, origin, ...rest } = step;
    return {
      ...rest,
      ...(origin && { origin }),
      code,
      ...(ename !== undefined && { ename: this.#redact(ename).slice(0, longestEname) }),
      ...((isRedacted === true || code !== step.code) && { isRedacted: true }),
    };
  }

  #talk({ cell, entries, trail }: Mark, before: Mark | undefined, lines: Line[]): NodeLine['talk'] {
    let same = 0;
    while (same < entries.length && isSame(entries[same], before?.entries[same])) same += 1;
    const rest = entries
      .slice(same)
      .map((entry): NodeLine['talk']['entries'][number] => [
        entry.role,
        entry.cell,
        entry.parts.map((part) => this.#idOf(part, lines)),
      ]);
    return { cell, same, trail, entries: rest };
  }

  #idOf(part: FrozenPart, lines: Line[]): number {
    const known = this.#ids.get(part);
    if (known !== undefined) return known;
    const id = this.#next;
    this.#next += 1;
    this.#ids.set(part, id);
    const { kind, text, isDigest, of } = part;
    lines.push({
      ...{ type: 'part', id, kind, text: this.#redact(text) },
      ...(isDigest === true && { isDigest }),
      ...(of !== undefined && { of }),
    });
    return id;
  }
}

type Entry = Mark['entries'][number];

function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  return (
    one?.role === other?.role &&
    one?.cell === other?.cell &&
    one?.parts.length === other?.parts.length &&
    one?.parts.every((part, at) => part === other?.parts[at]) === true
  );
}
