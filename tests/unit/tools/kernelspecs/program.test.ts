import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KernelProgram } from '../../../../kernel/sandbox/contract.ts';
import { programOf } from '../../../../kernel/tools/kernelspecs/program.ts';

let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'program-')));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

function file(...path: string[]): string {
  const made = join(top, ...path);
  mkdirSync(dirname(made), { recursive: true });
  writeFileSync(made, '');
  chmodSync(made, 0o755);
  return made;
}

function program(
  argv: string[],
  mayShow: (folder: string) => boolean = () => true,
  directory = '/usr/share',
): KernelProgram {
  const spec = { name: 'k', language: 'K', argv, env: {}, interruptMode: 'signal' as const, directory };
  return programOf([spec], 'k', { workspace: join(top, 'workspace'), mayShow });
}

describe('what a kernelspec needs in a sandbox', () => {
  it('is the installation that its program lies in, and those that the program links to', () => {
    const real = file('versions', '1.2', 'bin', 'julia');
    mkdirSync(join(top, 'local', 'bin'), { recursive: true });
    symlinkSync(real, join(top, 'local', 'bin', 'julia'));
    const { argv, folders } = program([join(top, 'local', 'bin', 'julia'), '-i', '{connection_file}']);
    expect(argv).toEqual([join(top, 'local', 'bin', 'julia'), '-i', '{connection_file}']);
    expect(folders).toEqual([join(top, 'local'), join(top, 'versions', '1.2')]);
  });

  it('is the folder of a program that is not built like that, and of each argument that is a file', () => {
    const deno = file('deno', 'deno');
    const script = file('node', 'lib', 'node_modules', 'tslab', 'dist', 'main.js');
    expect(program([deno, script]).folders).toEqual([join(top, 'deno'), join(top, 'node', 'lib')]);
  });

  it('is nothing for what every sandbox has', () => {
    expect(program(['/usr/bin/env', 'x'])).toMatchObject({ argv: ['/usr/bin/env', 'x'], folders: [] });
  });

  it('is found in the installation that the kernelspec belongs to, then on the PATH', () => {
    const own = file('venv', 'bin', 'python');
    const other = file('path', 'bin', 'python');
    const second = file('path', 'bin', 'lua');
    vi.stubEnv('PATH', `relative:${dirname(other)}`);
    const directory = dirname(file('venv', 'share', 'jupyter', 'kernels', 'k', 'kernel.json'));
    expect(program(['python'], undefined, directory).argv).toEqual([own]);
    expect(program(['lua'], undefined, directory).argv).toEqual([second]);
  });

  it('lies beside kernel.json where that says so', () => {
    const run = file('kernels', 'k', 'run');
    expect(program(['{resource_dir}/run'], undefined, dirname(run))).toMatchObject({
      argv: [run],
      folders: [dirname(run)],
    });
  });

  it('is less where helpers may not read so much, and refused where they may not read it', () => {
    const run = file('home', 'bin', 'run');
    const home = join(top, 'home');
    expect(program([run], (folder) => folder !== home).folders).toEqual([join(home, 'bin')]);
    expect(() => program([run], () => false)).toThrow(
      /k could not be started: it needs .*bin, which helpers may not/,
    );
  });

  it('is not what helpers could have put there, over a link either', () => {
    const workspace = join(top, 'workspace');
    const secret = file('secret', 'bin', 'run');
    const own = file('workspace', 'bin', 'run');
    symlinkSync(secret, join(workspace, 'link'));
    symlinkSync(join(workspace, 'link'), join(top, 'outside'));
    symlinkSync(join(top, 'secret'), join(workspace, 'folder'));
    for (const run of [
      own,
      join(workspace, 'link'),
      join(top, 'outside'),
      join(workspace, 'folder', 'bin', 'run'),
    ]) {
      expect(() => program(['/bin/sh', run]), run).toThrow(/lies where helpers may write/);
    }
  });

  it('is a program, not a folder of that name', () => {
    mkdirSync(join(top, 'first', 'lua'), { recursive: true });
    const lua = file('second', 'lua');
    vi.stubEnv('PATH', `${join(top, 'first')}:${join(top, 'second')}`);
    expect(program(['lua']).argv).toEqual([lua]);
  });

  it('is said where there is none', () => {
    vi.stubEnv('PATH', top);
    for (const command of ['no-such-program', join(top, 'nothing')]) {
      expect(() => program([command])).toThrow(`could not be started: ${command} is not there`);
    }
    expect(() => programOf([], 'k', { workspace: top, mayShow: () => true })).toThrow(
      'k could not be started: it is not installed',
    );
  });
});
