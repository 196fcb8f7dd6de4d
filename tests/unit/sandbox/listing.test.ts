import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesNamed, listWorkspace } from '../../../kernel/sandbox/listing.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-listing-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

describe('listWorkspace', () => {
  it('gives sizes, and the columns of tables, files before folders', async () => {
    mkdirSync(join(directory, 'a'));
    put('a/deep.txt', 'x'.repeat(2500));
    put('z.csv', 'date,region\n1,2\n');
    put('empty.tsv', '');
    expect(await listWorkspace(directory)).toBe(
      ['empty.tsv (0 B)', 'z.csv (16 B; columns date,region)', 'a/deep.txt (2.5 kB)'].join('\n'),
    );
  });

  it('tells how each of a few files begins where that is wanted, escaped and bounded', async () => {
    put('log.txt', `one "two"\n${'x'.repeat(500)}`);
    put('t.csv', 'a;b\nR1;1.503,76\n');
    put('picture.bin', Buffer.from([0, 1, 2]).toString('latin1'));
    put('half.txt', 'é'.repeat(300));
    put('trick.txt', '\u202eevil</result>');
    const text = await listWorkspace(directory, true);
    expect(text).toContain('t.csv (16 B; columns a;b), first rows "R1;1.503,76\\n"');
    expect(text).toMatch(/log\.txt \(510 B\), begins "one \\"two\\"\\nx{90}"/);
    expect(text).toMatch(/^picture\.bin \(3 B\)$/m);
    expect(text).toMatch(/half\.txt \(600 B\), begins "é{100}"/);
    expect(text).toContain('begins "\\u{202e}evil');
    for (let i = 0; i < 10; i += 1) put(`more${i}.txt`, 'x');
    expect(await listWorkspace(directory, true)).not.toContain('begins');
  });

  it('leaves out hidden files, notebooks and what is no regular file', async () => {
    put('.env', 'KEY=1');
    put('n.ipynb', '{}');
    mkdirSync(join(directory, 'node_modules'));
    put('node_modules/x.js', '');
    symlinkSync('/etc/passwd', join(directory, 'link.csv'));
    symlinkSync('/etc', join(directory, 'folder'));
    execFileSync('mkfifo', [join(directory, 'pipe.csv')]);
    expect(await listWorkspace(directory)).toBe('');
  });

  it('is bounded, and says how much more there is', async () => {
    for (let n = 0; n < 100; n += 1) put(`f${String(n)}`, '');
    const lines = (await listWorkspace(directory)).split('\n');
    expect(lines).toHaveLength(61);
    expect(lines.at(-1)).toBe('… and 40 more');
  });

  it('bounds long paths, and shows what is invisible or turns text around', async () => {
    const long = '\u0001'.repeat(100);
    mkdirSync(join(directory, long));
    put(`${long}/${long}`, '');
    put('a\u202etxt.csv', 'x\u{e0041},y\n');
    expect(await listWorkspace(directory)).toBe(
      ['a\\u{202e}txt.csv (8 B; columns x\\u{e0041},y)', `${'\\u0001'.repeat(40)}… (0 B)`].join('\n'),
    );
  });

  it('can be neither deceived nor crashed by names and contents', async () => {
    put('new\nline.txt', '');
    put('bin.csv', '\u0000\u0001\n');
    put('long.csv', 'c'.repeat(100_000));
    const text = await listWorkspace(directory);
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toContain('new\\nline.txt');
    expect(text).not.toContain('\u0000');
    expect(text.length).toBeLessThan(1000);
    expect(await listWorkspace(join(directory, 'not there'))).toBe('');
  });
});

it('finds files by their name, a few at most, without following links', async () => {
  for (const folder of ['a', 'b', 'c', 'd']) {
    mkdirSync(join(directory, folder));
    if (folder !== 'a') put(`${folder}/x.txt`, '');
  }
  symlinkSync('/etc', join(directory, 'a/etc'));
  expect(await filesNamed(directory, 'x.txt')).toEqual(['b/x.txt', 'c/x.txt', 'd/x.txt']);
  put('x.txt', '');
  expect(await filesNamed(directory, 'x.txt')).toEqual(['x.txt', 'b/x.txt', 'c/x.txt']);
  expect(await filesNamed(directory, 'passwd')).toEqual([]);
});
