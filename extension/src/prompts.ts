import type { CellModel, Languages, NotebookPanel } from './jupyter.ts';
import { isPrompt, languageOf, promptLanguage } from './language.ts';

const promptClass = 'replique-prompt';

/** Prompts are marked, and code is shown as its language, in the notebooks of Replique's kernel. */
export class PromptMarks {
  readonly #panel: NotebookPanel;
  readonly #seen = new WeakSet<CellModel>();
  readonly #languages: Languages;
  #isOurs = false;

  constructor(panel: NotebookPanel, languages: Languages) {
    this.#panel = panel;
    this.#languages = languages;
    panel.content.modelContentChanged.connect(() => {
      if (this.#isOurs) this.#markAll();
    });
  }

  /** The kernel of the notebook is, or is not, Replique's. */
  setOurs(isOurs: boolean): void {
    if (isOurs === this.#isOurs) return;
    this.#isOurs = isOurs;
    this.#markAll();
  }

  #markAll(): void {
    for (const widget of this.#panel.content.widgets) {
      const { model } = widget;
      if (model.type !== 'code') continue;
      const source = model.sharedModel.getSource();
      widget.toggleClass(promptClass, this.#isOurs && isPrompt(source));
      if (this.#isOurs) this.#keepLanguage(model);
    }
  }

  /**
   * The notebook gives all code cells the kernel's language whenever it learns of it. An editor takes the language that was loaded
   * last, not the one that was set last: so both are loaded before.
   */
  #keepLanguage(model: CellModel): void {
    const set = async (): Promise<void> => {
      const wanted = languageOf(model.sharedModel.getSource());
      if (!this.#isOurs || model.mimeType === wanted) return;
      await this.#languages.getLanguage(promptLanguage);
      await this.#languages.getLanguage(wanted);
      model.mimeType = wanted;
    };
    const setQuietly = (): void => void set().catch(() => undefined); // without a language it is plain text
    setQuietly();
    if (this.#seen.has(model)) return;
    this.#seen.add(model);
    model.mimeTypeChanged.connect(setQuietly);
  }
}
