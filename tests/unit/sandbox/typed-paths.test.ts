import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WorkspaceFiles } from '../../../kernel/sandbox/files/contract.ts';
import { typedPaths } from '../../../kernel/sandbox/typed-paths.ts';

let top: string;
let workspace: string;
let files: WorkspaceFiles;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'replique-typed-'));
  workspace = join(top, 'workspace');
  mkdirSync(workspace);
  files = typedPaths(workspace);
});
afterEach(() => rmSync(top, { recursive: true }));
const put = (name: string | Buffer, text: string): void =>
  writeFileSync(typeof name === 'string' ? join(workspace, name) : name, text);

describe('paths that are typed', () => {
  it('go on with what the folder has', async () => {
    mkdirSync(join(workspace, 'data'));
    put('data.csv', 'a\n');
    put('data/a b.txt', '');
    expect(await files.beginning('da')).toEqual(['data.csv', 'data/']);
    expect(await files.beginning('./da')).toEqual(['data.csv', 'data/']);
    expect(await files.beginning('data/')).toEqual(['data/a b.txt']);
    expect(await files.beginning('a b')).toEqual(['data/a b.txt']);
    expect(await files.beginning('data/a b.txt/')).toEqual([]);
  });

  it('lead to no hidden file, no link, nothing outside, and nothing that can’t be read in a line', async () => {
    put('.env', 'KEY=1');
    mkdirSync(join(workspace, '.git'));
    put('.git/config', '');
    mkdirSync(join(workspace, 'node_modules'));
    writeFileSync(join(top, 'outside.txt'), 'out');
    symlinkSync(join(top, 'outside.txt'), join(workspace, 'link.txt'));
    symlinkSync(top, join(workspace, 'up'));
    put('two\nlines', '');
    put('quo"te', '');
    put('turned\u202etxt', '');
    put(Buffer.concat([Buffer.from(`${workspace}/bytes`), Buffer.from([0xff])]), '');
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    expect(await files.beginning('')).toEqual([]);
    const paths = [
      '.env',
      '.git/',
      '.git/config',
      '..',
      '../outside',
      'up/',
      'up/outside',
      '/etc/',
      'link',
      'a//b',
    ];
    for (const path of [...paths, 'x'.repeat(5000), 'a/'.repeat(5000)]) {
      expect(await files.beginning(path), path).toEqual([]);
      expect(await files.glance(path), path).toBeUndefined();
    }
    for (const path of ['../outside.txt', 'up/outside.txt', 'link.txt', 'pipe', '/etc/passwd', 'up']) {
      expect(await files.glance(path), path).toBeUndefined();
    }
  });

  it('are a bounded number', async () => {
    for (let n = 0; n < 150; n += 1) put(`f${n}`, '');
    expect(await files.beginning('f')).toHaveLength(100);
  });

  it('lead to a file’s size and first lines', async () => {
    put('long.log', Array.from({ length: 5000 }, (_, line) => `line ${line}\n`).join(''));
    const text = (await files.glance('long.log'))!;
    expect(text).toMatch(/^long\.log: 48\.9 kB\n\nline 0\nline 1\n/);
    expect(text.split('\n')).toHaveLength(15);
    expect(text).toMatch(/line 11\n…$/);
    put('colours.txt', 'a \u001b[31mred\u001b[0m b');
    expect(await files.glance('colours.txt')).toBe('colours.txt: 16 B, not text');
    put('turned.txt', 'x\u202ey');
    expect(await files.glance('turned.txt')).toContain('x\\u{202e}y');
    put('empty', '');
    expect(await files.glance('empty')).toBe('empty: 0 B');
  });
});
