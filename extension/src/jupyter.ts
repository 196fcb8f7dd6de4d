/** Of JupyterLab 4's interfaces what is used here (`@jupyterlab/notebook`, `cells`, `apputils`, `statusbar`; `@lumino/widgets`). */

interface Signal<Sender, Args> {
  connect(slot: (sender: Sender, args: Args) => void): boolean;
}

interface Message {
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

interface Kernel {
  readonly info: Promise<{ readonly implementation: string }>;
}

interface SessionContext {
  readonly session: { readonly id: string; readonly kernel: Kernel | null } | null;
  readonly ready: Promise<unknown>;
  readonly kernelChanged: Signal<SessionContext, unknown>;
  readonly iopubMessage: Signal<SessionContext, Message>;
}

interface Output {
  readonly data: Readonly<Record<string, unknown>>;
}

/** What an output area listens to (`@jupyterlab/services`, IShellFuture, as far as it is used there). */
export interface Future {
  readonly msg: { readonly header: { readonly msg_id: string } };
  readonly done: Promise<unknown>;
  readonly isDisposed: boolean;
  dispose(): void;
  onIOPub: (message: object) => void;
  onReply: (message: object) => void;
  onStdin: (message: object) => void;
}

export interface CellModel {
  readonly id: string;
  trusted: boolean;
  readonly type: string;
  readonly sharedModel: { getSource(): string };
  mimeType: string;
  readonly contentChanged: Signal<CellModel, unknown>;
  readonly mimeTypeChanged: Signal<CellModel, unknown>;
  /** Of code cells only. */
  readonly outputs?: { readonly length: number; get(index: number): Output };
}

export interface CellWidget {
  readonly model: CellModel & {
    executionCount?: number | null;
    /** What the prompt is made of when the cell is drawn; JupyterLab 4.0 to 4.2 have none. */
    executionState?: 'idle' | 'running';
  };
  /** Of code cells only. */
  readonly outputArea?: { future: Future };
  readonly setPrompt?: (value: string) => void;
  toggleClass(name: string, force: boolean): boolean;
}

interface Notebook {
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

/** Of `@jupyterlab/coreutils`. */
export interface PageConfig {
  getOption(name: string): string;
  getBaseUrl(): string;
}

/** Of `@jupyterlab/services`. */
export interface ServerConnection {
  makeSettings(): object;
  makeRequest(url: string, init: object, settings: object): Promise<Response>;
}
