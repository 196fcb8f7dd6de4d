import { shared, type ShareScope } from './federation.ts';
import { plugins, type Modules } from './plugins.ts';

const name = 'replique-jupyterlab';

/** What a page that loads prebuilt extensions asks of each (JupyterLab, "Extension Developer Guide", prebuilt extensions). */
interface Container {
  init(scope: ShareScope): void;
  get(module: string): Promise<() => unknown>;
}

let page: ShareScope = {};

const container: Container = {
  init(scope) {
    page = scope;
  },
  async get(module) {
    if (module !== './extension') throw new Error(`${name} has no ${module}.`);
    const [coreutils, services, notebook, codemirror, statusbar, widgets] = await Promise.all([
      shared<Modules['coreutils']>(page, '@jupyterlab/coreutils'),
      shared<Modules['services']>(page, '@jupyterlab/services'),
      shared<Modules['notebook']>(page, '@jupyterlab/notebook'),
      shared<Modules['codemirror']>(page, '@jupyterlab/codemirror'),
      shared<Modules['statusbar']>(page, '@jupyterlab/statusbar').catch(() => undefined), // Notebook may have none
      shared<Modules['widgets']>(page, '@lumino/widgets'),
    ]);
    const found = {
      __esModule: true,
      default: plugins({ coreutils, services, notebook, codemirror, statusbar, widgets }),
    };
    return () => found;
  },
};

declare global {
  interface Window {
    _JUPYTERLAB?: Record<string, Container>;
  }
}

window._JUPYTERLAB = { ...window._JUPYTERLAB, [name]: container };
