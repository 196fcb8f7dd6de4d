import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { workerEnvDir } from '../../../kernel/paths.ts';

/** The last part of paths that lead outside: no file anywhere may get this name. */
export const escapeName = 'replique-fuzz-escape';

const places = ['outside', 'home', 'data', 'config', 'runtime', 'tmp', 'kernels'];

/** Where the server keeps something of its own, by the paths that it makes there. */
const ownFiles = [
  /^data\//,
  /^tmp\//,
  /^runtime\/kernel-[\w-]{1,100}\.json$/,
  /^runtime\/replique-server(?:\/[0-9a-f]{16}-\d+(?:\/(?:claim-\d+|sessions|token|watch|watchdog|kernel-[0-9a-f-]{36})\.(?:json|log)(?:\.[\w-]{36}\.draft)?)?)?$/,
  /^config(?:\/serverconfig(?:\/\w{1,100}\.json(?:\.[\w-]{36})?)?)?$/,
  /^config\/lab(?:\/workspaces(?:\/[a-z0-9_-]{1,110}\.jupyterlab-workspace(?:\.[\w-]+\.draft)?)?)?$/,
  /^config\/lab\/user-settings(?:\/(?:@[\w.~-]+|[\w.~-]+|@[\w.~-]+\/[\w.~-]+|(?:@[\w.~-]+\/)?[\w.~-]+\/[\w.~-]+))?$/,
  /^config\/ipython(?:\/|$)/,
];

/** The directory that a server shows, and around it what it must neither change nor show. */
export class FuzzWorld {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'rfh-')));
  readonly workspace = join(this.top, 'workspace');
  /** Stands in files outside of the served directory: no answer may hold it. */
  readonly secret = `canary-${createHash('sha256').update(this.top).digest('hex')}`;
  readonly #before: ReadonlyMap<string, string>;

  constructor() {
    for (const name of [...places, 'workspace']) mkdirSync(join(this.top, name));
    for (const name of ['outside/secret.txt', 'home/.profile', 'secret.txt'])
      writeFileSync(join(this.top, name), this.secret);
    mkdirSync(join(this.top, 'outside/deep'));
    writeFileSync(join(this.top, 'outside/deep/secret.ipynb'), JSON.stringify({ secret: this.secret }));
    writeKernel(join(this.top, 'kernels/kernels/still'), ['/bin/sleep', '3600']);
    writeFileSync(join(this.top, 'shell'), '#!/bin/sh\nexec cat\n', { mode: 0o755 });
    this.renew();
    this.#before = this.#around();
  }

  /** The environment of the server. */
  get environment(): NodeJS.ProcessEnv {
    const at = (name: string): string => join(this.top, name);
    return {
      ...process.env,
      HOME: at('home'),
      TMPDIR: at('tmp'),
      SHELL: at('shell'),
      XDG_DATA_HOME: at('data'),
      XDG_CONFIG_HOME: at('config/xdg'),
      JUPYTER_PATH: at('kernels'),
      JUPYTER_DATA_DIR: at('data/jupyter'),
      JUPYTER_CONFIG_DIR: at('config'),
      JUPYTER_RUNTIME_DIR: at('runtime'),
      JUPYTERLAB_SETTINGS_DIR: at('config/lab/user-settings'),
      JUPYTERLAB_WORKSPACES_DIR: at('config/lab/workspaces'),
      IPYTHONDIR: at('config/ipython'),
      REPLIQUE_PYTHON: join(workerEnvDir(), 'bin', 'python'),
      REPLIQUE_PROVIDER: 'mock',
    };
  }

  /** Puts the served directory back to what it was in the beginning. */
  renew(): void {
    for (const name of readdirSync(this.workspace))
      rmSync(join(this.workspace, name), { recursive: true, force: true });
    rmSync(join(this.top, 'data/Trash'), { recursive: true, force: true });
    const put = (name: string, content: string | Buffer): void => {
      mkdirSync(dirname(join(this.workspace, name)), { recursive: true });
      writeFileSync(join(this.workspace, name), content);
    };
    const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    put('a.txt', 'text\n');
    put('n.ipynb', JSON.stringify(notebook));
    put('broken.ipynb', '{"cells": [');
    put('sub/b.txt', 'more text\n');
    put('sub/c.ipynb', JSON.stringify({ ...notebook, nbformat_minor: 99 }));
    put('sub/checkpoints/d.txt', 'a folder of that name');
    put('\u00fc \u{1f600}.txt', '\u00e4');
    put('page.html', '<script>1</script>');
    put('big.bin', Buffer.alloc(300_000, 7));
    put('.hidden', 'hidden');
    for (const [name, target] of [
      ['link-out', '../outside'],
      ['link-file', '../outside/secret.txt'],
      ['link-top', '/'],
      ['link-in', 'sub'],
      ['link-loop', 'link-loop'],
    ] as const)
      symlinkSync(target, join(this.workspace, name));
  }

  /** What has changed that must not. */
  faults(): string[] {
    const now = this.#around();
    const changed = [...new Set([...this.#before.keys(), ...now.keys()])].filter(
      (path) => this.#before.get(path) !== now.get(path) && !ownFiles.some((own) => own.test(path)),
    );
    const escaped = ['/', '/etc', tmpdir(), homedir(), process.cwd(), dirname(process.cwd())]
      .map((place) => join(place, escapeName))
      .filter((path) => existsSync(path));
    return [...changed, ...escaped].map((path) => `outside of the served directory changed: ${path}`);
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #around(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    const visit = (path: string): void => {
      const file = join(this.top, path);
      const status = lstatSync(file, { throwIfNoEntry: false });
      if (status === undefined || path === 'workspace') return;
      if (status.isSymbolicLink()) found.set(path, readlinkSync(file));
      else if (status.isFile()) found.set(path, `${status.mode} ${readFileSync(file, 'base64')}`);
      else if (status.isDirectory()) {
        found.set(path, 'directory');
        if (/^(?:data|tmp|config\/ipython)$/.test(path)) return;
        for (const name of readdirSync(file)) visit(join(path, name));
      }
    };
    for (const name of readdirSync(this.top)) visit(name);
    return found;
  }
}

function writeKernel(directory: string, argv: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  const spec = { argv, display_name: 'still', language: 'none' };
  writeFileSync(join(directory, 'kernel.json'), JSON.stringify(spec));
}
