import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { labEnvDir } from '../../kernel/paths.ts';
import { freePort } from './ports.ts';
import { answers, ended } from './server-process.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';

const root = join(import.meta.dirname, '..', '..');
const chromiumPath = '/usr/bin/chromium';
const startMs = 90_000;
/** For what a page comes to, on a machine that has other work, too. */
const patienceMs = 60_000;

/** A notebook's code cells, as they are written into the file that is opened. */
export interface PageCell {
  readonly id: string;
  readonly source: string;
}

export interface LabOptions {
  /** Another Python for helpers, whose front-end extensions JupyterLab gets, too. */
  readonly python?: string;
  /** More of the environment that kernels have. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The real JupyterLab, served to a real Chromium, with the built kernel and the `mock` provider. */
export class LabInBrowser {
  readonly page: Page;
  readonly notebook: string;
  /** Addresses of requests to any other host than the server; one that a frame's policy refused is none. */
  readonly foreign: readonly string[];
  readonly #end: () => Promise<void>;

  private constructor(page: Page, notebook: string, foreign: readonly string[], end: () => Promise<void>) {
    this.page = page;
    this.notebook = notebook;
    this.foreign = foreign;
    this.#end = end;
  }

  static async open(
    cells: readonly PageCell[],
    replies: readonly object[],
    options: LabOptions = {},
  ): Promise<LabInBrowser> {
    if (!existsSync(chromiumPath))
      throw new Error(`There is no ${chromiumPath}: install the package chromium.`);
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-lab-')));
    const workspace = join(top, 'workspace');
    mkdirSync(workspace);
    const notebook = join(workspace, 'page.ipynb');
    writeFileSync(notebook, JSON.stringify(notebookOf(cells)));
    writeFileSync(join(top, 'script.json'), JSON.stringify({ replies }));
    await runCommand(process.execPath, [join(root, 'dist/replique.js'), 'install', '--prefix', top]);
    const port = await freePort();
    const lab = startLab(top, workspace, port, options);
    const browser = await launchBrowser(top);
    const end = async (): Promise<void> => {
      await browser.close();
      await ended(lab);
      rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
    try {
      const origin = `http://127.0.0.1:${String(port)}`;
      await answers(origin);
      const page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
      page.setDefaultTimeout(patienceMs);
      const foreign: string[] = [];
      page.on('request', (request) => {
        const url = request.url();
        if (!url.startsWith(origin) && !/^(?:data|blob|about):/.test(url)) foreign.push(url);
      });
      page.on('requestfailed', (request) => {
        const refused = request.failure()?.errorText === 'csp' ? foreign.indexOf(request.url()) : -1;
        if (refused >= 0) foreign.splice(refused, 1);
      });
      await page.goto(`${origin}/doc/tree/page.ipynb?token=t`);
      await page.getByText('Replique | Idle').waitFor({ timeout: startMs });
      return new LabInBrowser(page, notebook, foreign, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** Chooses an entry of a menu, by the words that stand there. */
  async choose(menu: string, entry: string): Promise<void> {
    await this.page.getByRole('menuitem', { name: menu, exact: true }).click();
    await this.page.getByRole('menuitem', { name: entry, exact: true }).click();
  }

  /** Waits until the kernel's state in the status bar is this one. */
  async state(state: 'Idle' | 'Busy'): Promise<void> {
    await this.page.getByText(`Replique | ${state}`).waitFor({ timeout: startMs });
  }

  /** The notebook's file as it is on disk. */
  saved(): unknown {
    return JSON.parse(readFileSync(this.notebook, 'utf8'));
  }

  close(): Promise<void> {
    return this.#end();
  }
}

function notebookOf(cells: readonly PageCell[]): object {
  return {
    cells: cells.map(({ id, source }) => ({
      ...{ cell_type: 'code', id, source, metadata: {}, execution_count: null, outputs: [] },
    })),
    metadata: { kernelspec: { display_name: 'Replique', language: 'replique', name: 'replique' } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function startLab(
  top: string,
  workspace: string,
  port: number,
  { python, variables }: LabOptions,
): ChildProcess {
  const options = ['--no-browser', '--allow-root', '--ip=127.0.0.1', `--port=${String(port)}`];
  return spawn(
    join(labEnvDir(), 'bin', 'python'),
    ['-m', 'jupyter', 'lab', ...options, `--ServerApp.root_dir=${workspace}`],
    {
      cwd: workspace,
      stdio: 'ignore',
      env: {
        ...process.env,
        JUPYTER_TOKEN: 't',
        JUPYTER_PATH: [top, ...(python === undefined ? [] : [dirname(dirname(python))])]
          .map((prefix) => join(prefix, 'share', 'jupyter'))
          .join(':'),
        ...(python !== undefined && { REPLIQUE_PYTHON: python }),
        JUPYTER_CONFIG_DIR: join(top, 'config'),
        JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
        JUPYTERLAB_WORKSPACES_DIR: join(top, 'workspaces'),
        REPLIQUE_PROVIDER: 'mock',
        REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
        ...variables,
      },
    },
  );
}

/** A browser with a home of its own. */
export function launchBrowser(top: string): Promise<Browser> {
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', ...quiet, '--disable-component-update', '--disable-sync'],
    env: { ...process.env, HOME: top },
  });
}
