import type {
  Languages,
  NotebookPanel,
  NotebookTracker,
  PageConfig,
  ServerConnection,
  StatusBar,
  Widget,
} from './jupyter.ts';
import { PromptMarks } from './prompts.ts';
import { followRunning } from './running.ts';
import { NotebookUsage, showIn } from './status.ts';
import { addStyle } from './style.ts';

/** Modules of the page. */
export interface Modules {
  readonly coreutils: { readonly PageConfig: PageConfig };
  readonly services: { readonly ServerConnection: ServerConnection };
  readonly notebook: { readonly INotebookTracker: object };
  readonly codemirror: { readonly IEditorLanguageRegistry: object };
  /** Absent in a page without a status bar. */
  readonly statusbar: { readonly IStatusBar: object } | undefined;
  readonly widgets: { readonly Widget: new () => Widget };
}

/** A plugin of JupyterLab's (`@lumino/application`, IPlugin). */
interface Plugin {
  readonly id: string;
  readonly description: string;
  readonly autoStart: true;
  readonly requires: readonly object[];
  readonly optional: readonly object[];
  activate(app: unknown, tracker: NotebookTracker, languages: Languages, statusBar?: StatusBar | null): void;
}

export const plugins = ({
  coreutils,
  services,
  notebook,
  codemirror,
  statusbar,
  widgets,
}: Modules): readonly Plugin[] => [
  {
    id: 'replique-jupyterlab:plugin',
    description: "Marks prompts, and shows tokens, cost and the running turn of Replique's notebooks.",
    autoStart: true,
    requires: [notebook.INotebookTracker, codemirror.IEditorLanguageRegistry],
    optional: statusbar ? [statusbar.IStatusBar] : [],
    activate: (_app, tracker, languages, statusBar) =>
      activate(tracker, languages, statusBar, {
        item: new widgets.Widget(),
        ask: asking(coreutils.PageConfig, services.ServerConnection),
      }),
  },
];

type Ask = (session: string) => Promise<ReadableStream<Uint8Array> | null>;

/** Asks Replique's server what runs; other servers are not asked. */
const asking =
  (page: PageConfig, server: ServerConnection): Ask =>
  async (session) => {
    if (page.getOption('repliqueApi') !== 'true') return null;
    const url = `${page.getBaseUrl()}api/replique/sessions/${encodeURIComponent(session)}/events?running=1`;
    const { ok, body } = await server.makeRequest(url, {}, server.makeSettings());
    return ok ? body : null;
  };

function activate(
  tracker: NotebookTracker,
  languages: Languages,
  statusBar: StatusBar | null | undefined,
  { item, ask }: { readonly item: Widget; readonly ask: Ask },
): void {
  const usages = new WeakMap<NotebookPanel, NotebookUsage>();
  const show = (): void => {
    const { currentWidget } = tracker;
    showIn(item, currentWidget ? usages.get(currentWidget) : undefined);
  };
  const begin = (panel: NotebookPanel): void => {
    const usage = new NotebookUsage(panel, show);
    usages.set(panel, usage);
    const marks = new PromptMarks(panel, languages);
    const look = async (): Promise<void> => {
      await panel.context.ready;
      const info = await panel.sessionContext.session?.kernel?.info;
      const isOurs = info?.implementation === 'replique';
      marks.setOurs(isOurs);
      usage.setOurs(isOurs);
    };
    const lookAgain = (): void => void look().catch(() => undefined); // a kernel that is gone tells nothing
    panel.sessionContext.kernelChanged.connect(lookAgain);
    lookAgain();
    void panel.sessionContext.ready.then(() => followRunning(panel, ask)).catch(() => undefined); // a connection that broke
  };
  addStyle(document);
  tracker.forEach(begin);
  tracker.widgetAdded.connect((_, panel) => begin(panel));
  tracker.currentChanged.connect(show);
  item.addClass('replique-status');
  statusBar?.registerStatusItem('replique-jupyterlab:usage', { item, align: 'left', rank: 20 });
}
