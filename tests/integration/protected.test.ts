import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExecuteOptions } from '../../kernel/sandbox/contract.ts';
import { guardedWorker } from '../../kernel/sandbox/protected/guarded-worker.ts';
import type { Undone } from '../../kernel/sandbox/protected/restore.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers, type Ran } from '../support/workers.ts';

/** What a helper changes in files that other programs run or obey is undone, with the real sandbox. */

let workers: Workers;
let worker: SessionWorker;
let workspace: string;
let aside: string;
let told: Undone[];
/** Begins a session. */
let guard: () => void;
const origin = { kind: 'helper', turn: 1, helper: 1 } as const;

beforeEach(() => {
  workers = new Workers();
  const created = workers.create({ isolation: 'bubblewrap' });
  workspace = created.workspace;
  aside = join(dirname(workspace), 'set-aside');
  told = [];
  guard = () => {
    worker = guardedWorker(created.worker, {
      workspace,
      notebook: join(workspace, 'mine.ipynb'),
      setAside: aside,
      onUndone: (undone) => told.push(...undone),
    });
  };
  guard();
  file('.git/config', '[core]\n');
  file('.git/HEAD', 'ref: refs/heads/main\n');
  file('.git/hooks/pre-commit.sample', '#!/bin/sh\n', 0o755);
  file('.git/objects/ab/cdef', 'blob');
  file('.envrc', 'export A=1\n', 0o640);
  file('project/.vscode/settings.json', '{}');
  file('notes.ipynb', '{"cells": []}');
  file('mine.ipynb', '{"cells": []}');
  file('data.csv', 'a,b\n');
});
afterEach(() => workers.close());

function file(path: string, content: string, mode = 0o644): void {
  mkdirSync(join(workspace, dirname(path)), { recursive: true });
  writeFileSync(join(workspace, path), content, { mode });
}
const read = (path: string): string => readFileSync(join(workspace, path), 'utf8');
const helper = (code: string, options: Partial<ExecuteOptions> = {}): Promise<Ran> =>
  run(worker, code, { origin, ...options });
const paths = (): string[] => told.map(({ path }) => path).sort();

/** Makes what is in the workspace older than the session, as far as its files tell. */
async function later(): Promise<void> {
  file('data.csv', 'a,b\n');
  const mark = statSync(join(workspace, 'data.csv')).ctimeMs;
  await vi.waitFor(() => expect(Date.now() - mark).toBeGreaterThan(50), 20_000);
  guard();
}

describe('what a helper hides from the look', () => {
  it('behind more entries than are looked at elsewhere is found', async () => {
    await later();
    for (let round = 0; round < 2; round += 1) {
      await helper(`
import os
for number in range(1100): os.makedirs(f"!{${round}}-{number}", exist_ok=True)
for number in range(20100): open(f"!-{number}", "w").close()
open(".git/hooks/pre-commit", "w").write("evil"); open("project/.vscode/tasks.json", "w").write("evil")
os.makedirs("zz/.vscode"); open("zz/.vscode/tasks.json", "w").write("evil")`);
      for (const path of ['.git/hooks/pre-commit', 'project/.vscode/tasks.json', 'zz/.vscode']) {
        expect(existsSync(join(workspace, path)), path).toBe(false);
      }
      rmSync(join(workspace, 'zz'), { recursive: true });
    }
  });

  it('deep in folders of its own is found, or taken away with them', async () => {
    await helper(`
import os
for depth in (20, 80):
    os.chdir("/workspace")
    for level in range(depth): os.mkdir(f"{depth}"); os.chdir(f"{depth}")
    open(".envrc", "w").write("evil")
os.chdir("/workspace")`);
    expect(existsSync(join(workspace, `${'20/'.repeat(20)}.envrc`))).toBe(false);
    expect(existsSync(join(workspace, '20/'.repeat(20)))).toBe(true);
    expect(existsSync(join(workspace, '80/'.repeat(80)))).toBe(false);
  });

  it('in a folder that it closes is found', async () => {
    await helper(`
import os
os.makedirs("closed/.vscode"); open("closed/.vscode/tasks.json", "w").write("evil"); os.chmod("closed", 0)`);
    expect(existsSync(join(workspace, 'closed/.vscode'))).toBe(false);
  });

  it('as a repository without the name of one loses what makes it one', async () => {
    await helper(`
import os
os.makedirs("data/objects"); os.makedirs("data/refs"); open("data/HEAD", "w").write("ref: refs/heads/main\\n")
open("data/config", "w").write("[core]\\n fsmonitor = evil\\n bare = false\\n worktree = .\\n")`);
    expect(existsSync(join(workspace, 'data/HEAD'))).toBe(false);
    expect(paths()).toEqual(['data/HEAD']);
  });

  it('among the objects of a submodule of that name is found', async () => {
    file('.git/modules/objects/config', '[core]\n');
    await helper('open(".git/modules/objects/config", "a").write("evil")');
    expect(read('.git/modules/objects/config')).toBe('[core]\n');
  });
});

describe('however it is named', () => {
  it('in bytes that are no text, it is found', async () => {
    const outcome = await helper(`
import os
os.makedirs(b"\\xff/.git/hooks"); open(b"\\xff/.git/hooks/pre-commit", "w").write("evil")
open(b"\\xfe.ipynb", "w").write("planted")`);
    expect(outcome.status).toBe('ok');
    expect(outcome.notice).toContain('Removed again: \\udcfe.ipynb, \\udcff/.git.');
    const left = readdirSync(workspace, { recursive: true, encoding: 'latin1' });
    expect(left).toContain('\xff');
    expect(left.filter((path) => path.endsWith('.ipynb')).sort()).toEqual(['mine.ipynb', 'notes.ipynb']);
    expect(left.filter((path) => path.startsWith('\xff/') && path.endsWith('/.git'))).toEqual([]);
  });

  it('as long as a name may be, a folder in its place does not keep it away', async () => {
    const names = [`${'a'.repeat(249)}.ipynb`, `${'字'.repeat(83)}.ipynb`];
    for (const name of names) file(name, 'mine');
    await helper(`
import os
for name in ${JSON.stringify(names)}: os.remove(name); os.mkdir(name); open(f"{name}/out.txt", "w").write("x")`);
    for (const name of names) expect(read(name)).toBe('mine');
  });
});

describe('what is moved aside', () => {
  const inside = (name: RegExp): string[] =>
    readdirSync(workspace, { recursive: true, encoding: 'utf8' }).filter((path) => name.test(path));

  it('holds nothing any more that programs obey', async () => {
    await helper(`
import os
for folder in ".vscode", ".envrc", "notes.ipynb":
    if os.path.exists(folder): os.remove(folder)
    os.makedirs(f"{folder}/.git/hooks")
    open(f"{folder}/.git/config", "w").write("evil"); open(f"{folder}/.git/HEAD", "w").write("ref: x")
    open(f"{folder}/.env", "w").write("evil")`);
    expect([read('.envrc'), read('notes.ipynb')]).toEqual(['export A=1\n', '{"cells": []}']);
    expect(inside(/set-aside.*\/(\.git|HEAD|\.env)$/)).toEqual([]);
    expect(inside(/^\.vscode\.set-aside-\w+\/\.git\.set-aside-\w+\/config$/)).toHaveLength(1);
  });

  it('is also what is too much or too large to be kept elsewhere', async () => {
    const outcome = await helper(`
for number in range(203): open(f"{number}.ipynb", "w").write("x")
open(".env", "w").write("x" * (9 << 20))`);
    expect(outcome.notice).toContain('Removed again:');
    const kept = readdirSync(aside).length;
    expect(kept).toBeLessThanOrEqual(200);
    expect(inside(/^\d+\.ipynb$/)).toEqual([]);
    expect(inside(/^\d+\.ipynb\.set-aside-/)).toHaveLength(203 - kept);
    expect(inside(/^\.env\.set-aside-/)).toHaveLength(1);
  });

  it('is what was written to a file when no room for it is elsewhere', async () => {
    writeFileSync(aside, 'a file, where the folder should be');
    await helper('open(".envrc", "w").write("what the editor saved")');
    expect(read('.envrc')).toBe('export A=1\n');
    expect(inside(/^\.envrc\.set-aside-/).map(read)).toEqual(['what the editor saved']);
  });
});

it('a folder that a helper has closed to writers is put in order all the same', async () => {
  file('sub/.envrc', 'export A=1\n');
  await helper(`
import os
open("sub/.envrc", "w").write("evil"); open("sub/.bashrc", "w").write("evil"); os.chmod("sub", 0o500)
open(".bashrc", "w").write("evil"); os.chmod("/workspace", 0o500)`);
  expect(read('sub/.envrc')).toBe('export A=1\n');
  expect([existsSync(join(workspace, 'sub/.bashrc')), existsSync(join(workspace, '.bashrc'))]).toEqual([
    false,
    false,
  ]);
  expect(statSync(workspace).mode & 0o777).toBe(0o500);
  for (const path of ['sub', '']) chmodSync(join(workspace, path), 0o700);
});

describe('in a workspace of more folders than are looked into', () => {
  beforeEach(async () => {
    for (let number = 0; number < 1100; number += 1)
      mkdirSync(join(workspace, `many/${number}`), { recursive: true });
    file('old/sub/.envrc', 'export A=1\n');
    file('older/sub/.envrc', 'export A=1\n');
    file('node_modules/.envrc', 'export A=1\n');
    await later();
  });

  it('what was there before stays, also beside what a helper changes', async () => {
    const outcome = await helper(
      'for path in "old/sub", "node_modules": open(f"{path}/out.txt", "w").write("x")',
    );
    expect(read('node_modules/.envrc')).toBe('export A=1\n');
    expect(read('old/sub/.envrc')).toBe('export A=1\n');
    expect(read('old/sub/out.txt')).toBe('x');
    expect(outcome.notice).toBeUndefined();
  });

  it('what is new there is removed, and what was changed there is told', async () => {
    const outcome = await helper(`
import os
open("old/sub/.bashrc", "w").write("evil")
open("older/sub/new", "w").write("x"); open("older/sub/.envrc", "a").write("evil")`);
    expect(existsSync(join(workspace, 'old/sub/.bashrc'))).toBe(false);
    expect(read('old/sub/.envrc')).toBe('export A=1\n');
    expect(told).toContainEqual({ path: 'old/sub/.bashrc', how: 'removed' });
    expect(told).toContainEqual({ path: 'older/sub/.envrc', how: 'not undone' });
    expect(outcome.notice).toContain('older/sub/.envrc');
  });
});

describe('after a helper', () => {
  it('what it wrote into protected files is put back, with mode and owner, and kept aside', async () => {
    const before = statSync(join(workspace, '.envrc'));
    const outcome = await helper(`
open(".envrc", "a").write("curl evil\\n")
open(".git/config", "w").write("[core]\\n  fsmonitor = evil\\n")
open("notes.ipynb", "w").write("planted")
open("data.csv", "a").write("1,2\\n")`);
    expect(outcome.status).toBe('ok');
    expect(read('.envrc')).toBe('export A=1\n');
    expect(read('.git/config')).toBe('[core]\n');
    expect(read('notes.ipynb')).toBe('{"cells": []}');
    expect(read('data.csv')).toBe('a,b\n1,2\n');
    const after = statSync(join(workspace, '.envrc'));
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(Math.abs(after.mtimeMs - before.mtimeMs)).toBeLessThan(2);
    expect(outcome.notice).toMatch(/Put back: \.envrc, \.git\/config, notes\.ipynb\./);
    expect(paths()).toEqual(['.envrc', '.git/config', 'notes.ipynb']);
    const kept = readdirSync(aside).map((name) => readFileSync(join(aside, name), 'utf8'));
    expect(kept.join()).toContain('curl evil');
  });

  it('what it made is removed again: hooks, start-up files, folders of editors', async () => {
    const outcome = await helper(`
import os
open(".git/hooks/pre-commit", "w").write("#!/bin/sh\\nevil\\n"); os.chmod(".git/hooks/pre-commit", 0o755)
open(".bashrc", "w").write("evil"); open("new.ipynb", "w").write("{}")
os.makedirs("sub/.vscode"); open("sub/.vscode/tasks.json", "w").write("{}")
os.makedirs("other/.git/hooks"); open("other/.git/hooks/post-checkout", "w").write("evil")
os.symlink("/etc/passwd", "project/.envrc"); os.symlink(".bashrc", ".profile")
os.makedirs("sub/results"); open("sub/results/out.txt", "w").write("kept")`);
    expect(outcome.status).toBe('ok');
    for (const path of ['.git/hooks/pre-commit', '.bashrc', 'new.ipynb', 'sub/.vscode', 'other/.git']) {
      expect(existsSync(join(workspace, path)), path).toBe(false);
    }
    for (const path of ['project/.envrc', '.profile']) {
      expect(() => lstatSync(join(workspace, path)), path).toThrow('ENOENT');
    }
    expect(read('sub/results/out.txt')).toBe('kept');
    expect(readdirSync(join(workspace, 'sub')).some((name) => name.startsWith('.vscode.set-aside-'))).toBe(
      true,
    );
    expect(outcome.notice).toContain('Removed again:');
  });

  it('what it deleted, moved or made something else is there again', async () => {
    symlinkSync('target', join(workspace, '.zshrc'));
    const outcome = await helper(`
import os, shutil
shutil.rmtree("project"); os.remove(".envrc"); os.mkdir(".envrc")
os.remove(".zshrc"); os.symlink("elsewhere", ".zshrc")
os.chmod(".git/hooks/pre-commit.sample", 0o777); os.chmod(".git", 0o777)
shutil.rmtree(".git/hooks")`);
    expect(outcome.status).toBe('ok');
    expect(read('project/.vscode/settings.json')).toBe('{}');
    expect(read('.envrc')).toBe('export A=1\n');
    expect(readlinkSync(join(workspace, '.zshrc'))).toBe('target');
    expect(statSync(join(workspace, '.git/hooks/pre-commit.sample')).mode & 0o777).toBe(0o755);
    expect(statSync(join(workspace, '.git')).mode & 0o777).toBe(0o755);
  });

  it('a link that it puts in the place of a folder leads the host nowhere', async () => {
    const outside = join(dirname(workspace), 'outside');
    mkdirSync(join(outside, 'hooks'), { recursive: true });
    writeFileSync(join(outside, 'config'), 'of another');
    const outcome = await helper(`
import os
os.rename(".git", "moved"); os.symlink(${JSON.stringify(outside)}, ".git")`);
    expect(outcome.status).toBe('ok');
    expect(readFileSync(join(outside, 'config'), 'utf8')).toBe('of another');
    expect(readdirSync(outside).sort()).toEqual(['config', 'hooks']);
    expect(lstatSync(join(workspace, '.git')).isDirectory()).toBe(true);
    expect(read('.git/config')).toBe('[core]\n');
  });

  it('nothing is said or touched where it changed nothing of that kind', async () => {
    const before = lstatSync(join(workspace, '.git/config'), { bigint: true });
    const outcome = await helper('import os; os.utime(".envrc"); open("out.txt", "w").write("x")');
    expect(outcome.notice).toBeUndefined();
    expect(told).toEqual([]);
    expect(lstatSync(join(workspace, '.git/config'), { bigint: true }).ctimeNs).toBe(before.ctimeNs);
    expect(existsSync(aside)).toBe(false);
  });

  it('the session’s own notebook is left to its editor, and objects of git to git', async () => {
    await helper('open("mine.ipynb", "w").write("saved"); open(".git/objects/ab/new", "w").write("blob")');
    expect(read('mine.ipynb')).toBe('saved');
    expect(read('.git/objects/ab/new')).toBe('blob');
  });

  it('a file that is too large to be kept is named, not put back', async () => {
    file('large.ipynb', 'x'.repeat(9 * 2 ** 20));
    const outcome = await helper('open("large.ipynb", "a").write("y")');
    expect(outcome.notice).toContain('to be put back: large.ipynb.');
    expect(told).toEqual([{ path: 'large.ipynb', how: 'not undone' }]);
  });

  it('what a person changed between two helpers stays', async () => {
    await helper('x = 1');
    writeFileSync(join(workspace, '.envrc'), 'export A=2\n');
    renameSync(join(workspace, 'notes.ipynb'), join(workspace, 'renamed.ipynb'));
    await helper('x = 2');
    expect(read('.envrc')).toBe('export A=2\n');
    expect(existsSync(join(workspace, 'renamed.ipynb'))).toBe(true);
    expect(told).toEqual([]);
  });
});

it('a person’s own cell may change them', async () => {
  const outcome = await run(worker, 'open(".envrc", "w").write("mine")', { origin: { kind: 'cell' } });
  expect(outcome.notice).toBeUndefined();
  expect(read('.envrc')).toBe('mine');
  chmodSync(join(workspace, '.envrc'), 0o600);
  rmSync(join(workspace, '.envrc'));
});
