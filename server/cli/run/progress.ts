import { formatCost, plural } from '../../../kernel/output/format.ts';
import type { Bars } from '../terminal/bars.ts';
import type { Out } from '../terminal/progress.ts';
import type { CellReport } from './cell-report.ts';
import type { Progress } from './execute.ts';

const WIDTH = 20;

/** How far one notebook is: a bar at a terminal, elsewhere a line for each cell that has ended. */
export class NotebookProgress {
  readonly #name: string;
  readonly #to: Bars | Out;
  #state: Progress = { done: 0, total: 0, words: '' };
  #tokens = 0;
  #cost: number | undefined;

  constructor(name: string, to: Bars | Out) {
    this.#name = name;
    this.#to = to;
  }

  progress(state: Progress): void {
    this.#state = state;
    this.#draw();
  }

  ended({ spent, status, words }: CellReport): void {
    if (status === 'not-run') return;
    this.#tokens += spent?.tokens ?? 0;
    if (spent?.cost !== undefined) this.#cost = (this.#cost ?? 0) + spent.cost;
    this.#state = { ...this.#state, done: this.#state.done + 1, words };
    if ('set' in this.#to) this.#draw();
    else this.#to.write(`${this.#parts(false).join('  ')}  ${status}\n`);
  }

  /** Nothing more comes. */
  end(): void {
    if ('set' in this.#to) this.#to.remove(this.#name);
  }

  #draw(): void {
    if ('set' in this.#to) this.#to.set(this.#name, this.#parts(true).join('  '));
  }

  #parts(bar: boolean): string[] {
    const { done, total, words } = this.#state;
    const filled = total > 0 ? Math.round((done / total) * WIDTH) : 0;
    return [
      this.#name,
      ...(bar ? [`${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`] : []),
      `${done} of ${plural(total, 'cell')}`,
      ...(this.#tokens > 0 ? [plural(this.#tokens, 'token')] : []),
      ...(this.#cost !== undefined && this.#cost > 0 ? [formatCost(this.#cost)] : []),
      ...(words === '' ? [] : [words]),
    ];
  }
}
