/** Of JupyterLab 4's interfaces what is used here (`@jupyterlab/notebook`, `cells`, `apputils`, `statusbar`; `@lumino/widgets`). */

export interface Signal<Sender, Args> {
  connect(slot: (sender: Sender, args: Args) => void): boolean;
}

export interface Message {
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

interface Kernel {
  readonly info: Promise<{ readonly implementation: string }>;
}

export interface SessionContext {
  readonly session: { readonly kernel: Kernel | null } | null;
  readonly kernelChanged: Signal<SessionContext, unknown>;
  readonly iopubMessage: Signal<SessionContext, Message>;
}

export interface Output {
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CellModel {
  readonly type: string;
  readonly sharedModel: { getSource(): string };
  mimeType: string;
  readonly contentChanged: Signal<CellModel, unknown>;
  readonly mimeTypeChanged: Signal<CellModel, unknown>;
  /** Of code cells only. */
  readonly outputs?: { readonly length: number; get(index: number): Output };
}

export interface CellWidget {
  readonly model: CellModel;
  toggleClass(name: string, force: boolean): boolean;
}

export interface Notebook {
  readonly widgets: readonly CellWidget[];
  readonly modelContentChanged: Signal<Notebook, unknown>;
}

export interface NotebookPanel {
  readonly content: Notebook;
  readonly sessionContext: SessionContext;
  readonly context: { readonly ready: Promise<unknown> };
  readonly disposed: Signal<NotebookPanel, unknown>;
}

export interface NotebookTracker {
  readonly currentWidget: NotebookPanel | null;
  readonly currentChanged: Signal<NotebookTracker, NotebookPanel | null>;
  readonly widgetAdded: Signal<NotebookTracker, NotebookPanel>;
  forEach(action: (panel: NotebookPanel) => void): void;
}

export interface Widget {
  readonly node: HTMLElement;
  addClass(name: string): void;
}

export interface StatusBar {
  registerStatusItem(
    id: string,
    item: { readonly item: Widget; readonly align: 'left' | 'right'; readonly rank: number },
  ): unknown;
}

/** IEditorLanguageRegistry of `@jupyterlab/codemirror`. */
export interface Languages {
  /** Loads it. */
  getLanguage(mime: string): Promise<unknown>;
}
