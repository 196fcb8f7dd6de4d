import type { NotebookPanel, Widget } from './jupyter.ts';
import { nothing, sum, turnIn, usageIn, words, type Usage } from './usage.ts';

/** What one notebook's prompts used, and the turn that runs. */
export class NotebookUsage {
  readonly #panel: NotebookPanel;
  readonly #changed: () => void;
  #usage: Usage = nothing;
  #turn: number | undefined;
  #isOurs = false;

  /** @param changed called when its text may be another */
  constructor(panel: NotebookPanel, changed: () => void) {
    this.#panel = panel;
    this.#changed = changed;
    panel.sessionContext.iopubMessage.connect((_, { header, content }) => {
      if (header.msg_type === 'status') this.#atStatus(content['execution_state']);
      else this.#atTurn(turnIn(content['metadata']));
    });
  }

  get text(): string {
    return this.#isOurs ? words(this.#usage, this.#turn) : '';
  }

  get title(): string {
    const { prompts } = this.#usage;
    return `What the ${prompts === 1 ? 'prompt' : `${String(prompts)} prompts`} of this notebook used`;
  }

  setOurs(isOurs: boolean): void {
    this.#isOurs = isOurs;
    this.#count();
  }

  #atStatus(state: unknown): void {
    if (state !== 'idle' || !this.#isOurs) return;
    this.#turn = undefined;
    this.#count();
  }

  #atTurn(turn: number | undefined): void {
    if (turn === undefined || turn === this.#turn) return;
    this.#turn = turn;
    this.#changed();
  }

  #count(): void {
    const found: Usage[] = [];
    for (const { model } of this.#panel.content.widgets) {
      const { outputs } = model;
      for (let at = 0; at < (outputs?.length ?? 0); at += 1) {
        const output = outputs?.get(at);
        if (output) found.push(usageIn(output.data));
      }
    }
    this.#usage = sum(found);
    this.#changed();
  }
}

/** Shows the text of the notebook in front in the status bar. */
export function showIn(item: Widget, usage: NotebookUsage | undefined): void {
  item.node.textContent = usage?.text ?? '';
  item.node.title = usage?.title ?? '';
}
