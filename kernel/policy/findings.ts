import type { Capability, Finding } from './contract.ts';
import type { Node } from './parser.ts';

const mostFindings = 50;
const longestText = 80;

/** Collects what is found, each capability once a line. */
export class Findings {
  readonly #found: Finding[] = [];
  readonly #seen = new Set<string>();
  readonly #firstLine: number;

  /** @param firstLine where the code begins in what it is part of */
  constructor(firstLine = 1) {
    this.#firstLine = firstLine;
  }

  get all(): readonly Finding[] {
    return this.#found;
  }

  add(capability: Capability, node: Node): void {
    this.addText(capability, node.startPosition.row, node.text);
  }

  /** @param row counted from 0 */
  addText(capability: Capability, row: number, code: string): void {
    const line = this.#firstLine + row;
    const key = `${capability}:${line}`;
    if (this.#seen.has(key) || this.#found.length === mostFindings) return;
    this.#seen.add(key);
    const text = (code.split('\n', 1)[0] ?? '').trim();
    this.#found.push({
      capability,
      line,
      text: text.length > longestText ? `${text.slice(0, longestText)}…` : text,
    });
  }

  addAll(findings: readonly Finding[], row: number): void {
    for (const { capability, text, line } of findings) this.addText(capability, row + line - 1, text);
  }
}
