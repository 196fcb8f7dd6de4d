import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runtimeDir } from '../../../kernel/paths.ts';
import { chooseWorkspace, type PrivatePlaces } from '../../../kernel/sandbox/workspace.ts';

let top: string;
let home: string;
let places: PrivatePlaces;

const make = (...names: string[]): string => {
  const path = join(top, ...names);
  mkdirSync(path, { recursive: true });
  return path;
};

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-workspace-')));
  home = make('home', 'ada');
  places = {
    home,
    dataDir: join(home, '.local', 'share', 'replique'),
    configDir: join(home, '.config', 'replique'),
    auditDir: join(top, 'records', 'audit'),
  };
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('a project folder', () => {
  it('is the workspace, without a notice', () => {
    const project = make('home', 'ada', 'project');
    expect(chooseWorkspace(project, 'a.ipynb', places)).toEqual({ path: project });
  });

  it('is given without links', () => {
    const project = make('home', 'ada', 'project');
    symlinkSync(project, join(top, 'link'));
    expect(chooseWorkspace(join(top, 'link'), undefined, places).path).toBe(project);
  });
});

describe('a folder that would show too much', () => {
  const cases: Record<string, () => string> = {
    'the home folder': () => home,
    'an ancestor of the home folder': () => join(top, 'home'),
    'a folder with .ssh': () => {
      make('backup', '.ssh');
      return join(top, 'backup');
    },
    'a folder with .aws': () => {
      make('backup', '.aws');
      return join(top, 'backup');
    },
    'a folder with .gnupg': () => {
      make('backup', '.gnupg');
      return join(top, 'backup');
    },
    'a folder with .netrc': () => {
      const folder = make('backup');
      writeFileSync(join(folder, '.netrc'), '');
      return folder;
    },
    'a folder with .config/replique': () => {
      make('backup', '.config', 'replique');
      return join(top, 'backup');
    },
    'a folder inside .ssh': () => make('home', 'ada', '.ssh', 'keys'),
    'Replique’s configuration': () => make('home', 'ada', '.config', 'replique'),
    'what holds Replique’s configuration': () => make('home', 'ada', '.config'),
    'Replique’s data': () => make('home', 'ada', '.local', 'share', 'replique', 'models'),
    'what holds Replique’s data': () => make('home', 'ada', '.local', 'share'),
    'what holds the sockets of Replique’s processes': () => realpathSync(dirname(runtimeDir())),
    'Jupyter’s runtime folder': () => make('home', 'ada', '.local', 'share', 'jupyter', 'runtime'),
    'what holds Jupyter’s runtime folder': () => make('home', 'ada', '.local', 'share', 'jupyter'),
  };

  it.each(Object.entries(cases))('%s: a folder beside the notebook is used and said', (_, arrange) => {
    const cwd = arrange();
    const notebooks = make('notebooks');
    const { path, notice } = chooseWorkspace(cwd, join(notebooks, 'Sales 2026.ipynb'), places);
    expect(path).toBe(join(notebooks, 'Sales 2026.files'));
    expect(existsSync(path)).toBe(true);
    expect(notice).toContain(cwd);
    expect(notice).toMatch(/so helpers work in .*Sales 2026\.files instead\.$/);
  });

  it('the root of the file system: likewise', () => {
    const notebooks = make('notebooks');
    expect(chooseWorkspace('/', join(notebooks, 'a.ipynb'), places).path).toBe(join(notebooks, 'a.files'));
  });

  it('a folder with Replique’s program, or with the Python that runs helpers', () => {
    const notebook = join(make('notebooks'), 'a.ipynb');
    const repository = realpathSync(join(import.meta.dirname, '..', '..', '..'));
    expect(chooseWorkspace(repository, notebook, places).notice).toContain('holds Replique’s program');
    const project = make('project');
    const python = make('project', '.venv');
    expect(chooseWorkspace(project, notebook, places)).toEqual({ path: project });
    expect(chooseWorkspace(project, notebook, { ...places, programs: [python] }).notice).toContain(
      'its Python',
    );
  });

  it('a runtime folder that JUPYTER_RUNTIME_DIR names', () => {
    const runtime = make('runtime');
    const notebook = join(make('notebooks'), 'a.ipynb');
    expect(chooseWorkspace(runtime, notebook, { ...places, jupyterDirs: [runtime] }).notice).toBeDefined();
  });
});

describe('the folder that is used instead', () => {
  it('lies in the working directory where the notebook’s path is relative or stale', () => {
    expect(chooseWorkspace(home, 'sub/a.ipynb', places).path).toBe(join(home, 'a.files'));
    expect(chooseWorkspace(home, '/no/such/b.ipynb', places).path).toBe(join(home, 'b.files'));
  });

  it('is the same one the next time', () => {
    const first = chooseWorkspace(home, 'a.ipynb', places).path;
    writeFileSync(join(first, 'result.txt'), 'kept');
    expect(chooseWorkspace(home, 'a.ipynb', places).path).toBe(first);
    expect(existsSync(join(first, 'result.txt'))).toBe(true);
  });

  it('is among Replique’s data where the notebook is not known', () => {
    const { path } = chooseWorkspace(home, undefined, places);
    expect(path.startsWith(join(places.dataDir, 'workspaces', 'notebook-'))).toBe(true);
    expect(chooseWorkspace(path, undefined, places)).toEqual({ path });
  });

  it('is never a link, a file, or a folder with keys', () => {
    const elsewhere = make('elsewhere');
    symlinkSync(elsewhere, join(home, 'link.files'));
    writeFileSync(join(home, 'file.files'), '');
    make('home', 'ada', 'keys.files', '.ssh');
    for (const name of ['link', 'file', 'keys']) {
      const { path } = chooseWorkspace(home, `${name}.ipynb`, places);
      expect(path.startsWith(join(places.dataDir, 'workspaces', `${name}-`))).toBe(true);
    }
  });

  it('stands apart for notebooks of the same name', () => {
    const [a, b] = [make('home', 'ada', 'a', '.ssh'), make('home', 'ada', 'b', '.ssh')].map((keys) =>
      chooseWorkspace(keys, undefined, places),
    );
    expect(a!.path).not.toBe(b!.path);
  });

  it('must be possible: else an error with a remedy', () => {
    writeFileSync(join(top, 'blocked'), '');
    const blocked = { ...places, dataDir: join(top, 'blocked', 'data') };
    symlinkSync(top, join(home, 'a.files'));
    expect(() => chooseWorkspace(home, 'a.ipynb', blocked)).toThrow(/no other folder could be made/);
  });
});
