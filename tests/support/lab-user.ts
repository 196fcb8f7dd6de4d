import type { Locator, Page } from 'playwright-core';

/** What a person does in JupyterLab, and sees of it. */
export class LabUser {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** A cell of the notebook in front. JupyterLab 4.6 sometimes leaves one more on the page, with which it began; nobody sees it. */
  cell(index: number): Locator {
    return this.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell:visible').nth(index);
  }

  output(index: number): Locator {
    return this.cell(index).locator('.jp-OutputArea').first();
  }

  /** Replaces what a cell holds. */
  async write(index: number, text: string): Promise<void> {
    await this.cell(index).locator('.cm-content').click();
    await this.cell(index).locator('.cm-focused').waitFor();
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.insertText(text);
  }

  /** Runs a cell, and stays there. */
  async run(index: number): Promise<void> {
    await this.cell(index).locator('.cm-content').click();
    await this.cell(index).locator('.cm-focused').waitFor();
    await this.page.keyboard.press('Control+Enter');
  }

  /** Adds a cell below the one that is selected, and writes into it. */
  async add(index: number, text: string): Promise<void> {
    await this.toolbar('insert');
    await this.write(index, text);
  }

  /** Waits until a cell has the number of a run, or `*` while it runs. */
  async numbered(index: number, number: number | '*'): Promise<void> {
    await this.cell(index).getByText(`[${number}]:`, { exact: true }).waitFor();
  }

  /** Waits for the kernel's state in the status bar. */
  async state(state: 'Idle' | 'Busy'): Promise<void> {
    await this.page.getByText(`Replique | ${state}`).waitFor();
  }

  /** Presses a button of the notebook's toolbar. */
  async toolbar(name: 'insert' | 'interrupt' | 'restart'): Promise<void> {
    await this.page
      .locator(
        `.jp-NotebookPanel:not(.lm-mod-hidden) .jp-NotebookPanel-toolbar [data-jp-item-name="${name}"]`,
      )
      .click();
  }

  /** Chooses an entry by the words that stand there: a menu, and what lies in it. */
  async choose(menu: string, ...entries: readonly (string | RegExp)[]): Promise<void> {
    await this.page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${menu}$`) }).click();
    for (const entry of entries) {
      await this.page.locator('.lm-Menu-itemLabel', { hasText: entry }).first().click();
    }
  }

  /** Says yes to a question, and waits until it is gone. */
  async accept(): Promise<void> {
    await this.page.locator('.jp-Dialog .jp-mod-accept').click();
    await this.page.locator('.jp-Dialog').waitFor({ state: 'detached' });
  }

  /** The tab of a document, a terminal or a launcher. */
  tab(title: string | RegExp): Locator {
    return this.page.locator('#jp-main-dock-panel .lm-TabBar-tab', { hasText: title });
  }

  /** Opens a panel of the left side. */
  async panel(id: 'filebrowser' | 'jp-running-sessions'): Promise<void> {
    const shown = this.page.locator(`#jp-left-stack #${id}:not(.lm-mod-hidden)`);
    if (await shown.isVisible()) return;
    await this.page.locator(`.jp-SideBar .lm-TabBar-tab[data-id="${id}"]`).click();
    await shown.waitFor();
  }

  /** A file in the file browser. */
  file(name: string): Locator {
    return this.page
      .locator('.jp-DirListing-item')
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Uploads files through the button over the list of files. */
  async upload(paths: readonly string[]): Promise<void> {
    await this.panel('filebrowser');
    const asked = this.page.waitForEvent('filechooser');
    await this.page.locator('.jp-FileBrowser-toolbar [data-jp-item-name="uploader"]').click();
    await (await asked).setFiles([...paths]);
  }

  /** Shuts down all that a section of the panel of what runs lists. */
  async shutDownAll(section: 'Kernels' | 'Terminals'): Promise<void> {
    await this.page
      .locator('#jp-running-sessions .jp-AccordionPanel-title')
      .filter({ has: this.page.locator(`.lm-AccordionPanel-titleLabel[title="${section}"]`) })
      .locator('.jp-RunningSessions-shutdownAll')
      .click();
    await this.accept();
  }
}
