import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileReference } from '../../../../kernel/interpreter/references/files.ts';
import { excerptOf } from '../../../../kernel/sandbox/files/excerpt.ts';
import { openPlace } from '../../../../kernel/sandbox/files/place.ts';

let top: string;
let workspace: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-references-')));
  workspace = join(top, 'workspace');
  mkdirSync(workspace);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const write = (name: string, content: string | Buffer): void => writeFileSync(join(workspace, name), content);
/** What is found, as one text. */
async function read(path: string, { sees = false, isSure = true, chars = 2000 } = {}): Promise<string> {
  const reference = { kind: 'file', written: `@${path}`, path, isSure } as const;
  const found = await readFileReference(reference, { workspace }, { chars, allChars: chars, sees });
  if (found === undefined) return 'text';
  return 'problem' in found ? found.problem : `${found.what} | ${found.title}\n${found.text}`;
}

describe('a file that a prompt points at', () => {
  it('is a text: all of it where it is short, else its beginning and its end', async () => {
    write('a.txt', 'one\ntwo');
    expect(await read('a.txt')).toBe(
      '2 lines, 7 B | the file "a.txt" in the current directory: text of 2 lines, 7 B, all of it\none\ntwo',
    );
    write('long.log', Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''));
    const long = await read('long.log');
    expect(long).toMatch(/^50,000 lines, 538\.9 kB; its beginning and its end, 1\.8 kB \|/);
    expect(long).toMatch(/\nline 0\nline 1\n[^]*\[… 537\.1 kB left out …\]\n[^]*line 49999\n$/);
    expect(long.length).toBeLessThan(2200);
    expect(await read(join(workspace, 'a.txt'))).toContain('the file "a.txt"');
    write('empty.txt', '');
    expect(await read('empty.txt')).toContain('0 lines, 0 B');
  });

  it('is a table: header, first rows, how many; a row in quotes may have lines', async () => {
    write('a.csv', `x,y\n${'"1\n2",3\n'.repeat(400)}`);
    expect(await read('a.csv')).toMatch(/^400 rows, 3\.2 kB; its header and the first 10 rows \|/);
    write('b.tsv', 'x\ty\n1\t2');
    expect(await read('b.tsv')).toContain('a table of 1 row, 7 B, all of it\nx\ty\n1\t2');
  });

  it('is read whatever its encoding, unless it is no text', async () => {
    write('latin.csv', Buffer.from('stra\xdfe,1', 'latin1'));
    expect(await read('latin.csv')).toContain('straße,1');
    write('wide.txt', Buffer.from('\ufeffgrün', 'utf16le'));
    expect(await read('wide.txt')).toContain('grün');
    write('big.txt', Buffer.from('\ufeffgrün', 'utf16le').swap16());
    expect(await read('big.txt')).toContain('grün');
    write('mark.txt', '\ufeffx');
    expect(await read('mark.txt')).toMatch(/all of it\nx$/);
    write('mac.txt', 'one\rtwo\r');
    expect(await read('mac.txt')).toMatch(/\none\ntwo\n$/);
    write('replaced.txt', 'é\ufffdé');
    expect(await read('replaced.txt')).toMatch(/\né\ufffdé$/);
    write('data', Buffer.from([0, 1, 2]));
    expect(await read('data')).toContain('binary file, 3 B | ');
    write('fake.png', 'no image');
    expect(await read('fake.png', { sees: true })).toContain('no image');
    write('broken.png', Buffer.from('89504e470d0a1a0a', 'hex'));
    expect(await read('broken.png', { sees: true })).toContain('PNG image, 8 B');
  });

  it('is JSON or a notebook only where it is one', async () => {
    write('deep.json', `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(await read('deep.json')).toContain(
      'list of 1, the first: list of 1, the first: list of 1, the first: list of 1, the first: list of 1',
    );
    write('no.json', `{${'x'.repeat(3000)}`);
    expect(await read('no.json')).toContain('its beginning and its end');
    write('no.ipynb', '{"cells": 3}');
    expect(await read('no.ipynb')).toContain('{"cells": 3}');
    write('proto.json', `{"__proto__": {"a": 1}, "pad": "${'x'.repeat(3000)}"}`);
    expect(await read('proto.json')).toContain('"__proto__": object:');
  });

  it('is JSON by its shape where it is long, bounded in depth and width', async () => {
    const wide = Object.fromEntries(Array.from({ length: 35 }, (_, at) => [`key${at}`, at]));
    const value = { none: null, empty: [], nothing: {}, flag: true, wide, pad: 'x'.repeat(3000) };
    write('shape.json', JSON.stringify(value));
    const shape = await read('shape.json');
    expect(shape).toContain('"none": null\n');
    expect(shape).toContain('"empty": empty list\n');
    expect(shape).toContain('"nothing": object of 0 keys\n');
    expect(shape).toContain('"flag": boolean true\n');
    expect(shape).toContain('… and 5 more keys');
    write('deep.json', JSON.stringify({ a: { b: { c: { d: { e: 1 } } } }, pad: 'x'.repeat(3000) }));
    expect(await read('deep.json')).toContain('"d": object of 1 keys');
  });

  it('that is JSON, a notebook or a picture too large to be read whole is given in part', async () => {
    write('large.json', JSON.stringify(['x'.repeat(5 * 2 ** 20)]));
    expect(await read('large.json')).toContain('its beginning and its end');
    write('large.ipynb', JSON.stringify({ cells: [], pad: 'x'.repeat(5 * 2 ** 20) }));
    expect(await read('large.ipynb')).toContain('its beginning and its end');
    write('large.png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(5 * 2 ** 20)]));
    expect(await read('large.png', { sees: true })).toContain('not shown to the model');
  });

  it('is a notebook by its cells, with their numbers, without outputs', async () => {
    const cells = [
      { cell_type: 'code', source: ['x = 1\n', 'x'], execution_count: 7, outputs: [{ text: 'HIDDEN' }] },
      { cell_type: 'markdown', source: `# ${'y'.repeat(1000)}` },
    ];
    write('n.ipynb', JSON.stringify({ cells }));
    const view = await read('n.ipynb', { chars: 8000 });
    expect(view).toContain('notebook of 2 cells; without outputs |');
    expect(view).toContain('--- code cell [7]:\nx = 1\nx\n--- markdown cell:\n# y');
    expect(view).toContain('[… 202 characters left out …]');
    expect(view).not.toContain('HIDDEN');
  });

  it('that is a table of one endless row is cut where there is no more room', async () => {
    write('endless.csv', 'x,'.repeat(5000));
    const [title, ...rows] = (await read('endless.csv')).split('\n');
    expect(title).toContain('its header and the first 0 rows');
    expect(rows.join('\n')).toHaveLength(2000);
  });

  it('can’t be a pipe, a device, a socket, a link, a place outside; the sentence says which', async () => {
    execFileSync('mkfifo', [join(workspace, 'pipe')]);
    symlinkSync('/dev/zero', join(workspace, 'zero'));
    symlinkSync('/proc', join(workspace, 'proc'));
    write('file', 'x');
    expect(await read('pipe')).toBe('@pipe is a pipe, which has nothing to read in it.');
    expect(await read('zero')).toBe('@zero is reached by the link zero, and links are not followed.');
    expect(await read('proc/self/environ')).toBe(
      '@proc/self/environ is reached by the link proc, and links are not followed.',
    );
    expect(await read('/dev/zero')).toBe('@/dev/zero lies outside of the workspace.');
    expect(await read('a/../../b')).toBe('@a/../../b lies outside of the workspace.');
    expect(await read('~/x')).toBe('@~/x lies outside of the workspace.');
    expect(await read('file/x')).toBe('@file/x is no folder: file is a file.');
    expect(await read('file/')).toBe('@file/ is no folder: file is a file.');
    expect(await read('a\0b')).toBe('There is no @a\0b in the workspace.');
    expect(await read('x/'.repeat(500))).toContain('There is no @');
  });

  it('that is missing is said with near names, unless it is only a word', async () => {
    mkdirSync(join(workspace, 'sub'));
    write('sub/readings.csv', '1');
    write('reading.csv', '1');
    expect(await read('readings.csv')).toBe(
      'There is no @readings.csv in the workspace; near: @sub/readings.csv, @reading.csv.',
    );
    expect(await read('sub/redings.csv')).toBe(
      'There is no @sub/redings.csv in the workspace; near: @sub/readings.csv.',
    );
    expect(await read('ada', { isSure: false })).toBe('text');
    expect(await read('sub', { isSure: false })).toContain('folder, 1 entry');
    await expect(read('anything.txt')).resolves.toBe('There is no @anything.txt in the workspace.');
  });

  it('that is missing is said with names as they are to be written, none of which deceives', async () => {
    write('my notes.txt', '1');
    write('my\u202enote.txt', '1');
    expect(await read('my note.txt')).toBe(
      'There is no @my note.txt in the workspace; near: @"my notes.txt".',
    );
    rmSync(workspace, { recursive: true });
    expect(await read('my note.txt')).toBe('There is no @my note.txt in the workspace.');
  });

  it('that changes while it is read is not given', async () => {
    write('grows.txt', 'x');
    const place = await openPlace(workspace, 'grows.txt');
    if (place.kind !== 'file') throw new Error(place.kind);
    const handle = new Proxy(place.handle, {
      get(target, name) {
        if (name === 'read') appendFileSync(join(workspace, 'grows.txt'), 'y');
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    expect(await excerptOf(handle, { head: 100, tail: 10, count: 100 })).toBeUndefined();
    await handle.close();
  });

  it('is counted up to a bound, however large', async () => {
    write('huge.csv', '');
    truncateSync(join(workspace, 'huge.csv'), 20 * 2 ** 30);
    expect(await read('huge.csv')).toContain('binary file, 21.5 GB');
    execFileSync('sh', ['-c', `yes 1,2 | head -c 40000000 > ${join(workspace, 'many.csv')}`]);
    expect(await read('many.csv')).toMatch(
      /^more than 8,388,607 rows, 40\.0 MB; its header and the first 10 rows/,
    );
    renameSync(join(workspace, 'many.csv'), join(workspace, 'many.txt'));
    expect(await read('many.txt')).toMatch(/^more than 8,388,608 lines, 40\.0 MB; its beginning/);
  });

  it('may be a folder: its entries with sizes, bounded', async () => {
    mkdirSync(join(workspace, 'dir', 'in'), { recursive: true });
    write('dir/in/b.txt', 'xx');
    write('dir/\u202ea.txt', 'x');
    symlinkSync('/etc', join(workspace, 'dir', 'link'));
    const folder = await read('dir/');
    expect(folder).toContain(
      'folder, 4 entries | the folder "dir/" in the current directory: a folder, 4 entries\n',
    );
    expect(folder).toContain('link (no file)\n');
    expect(folder).toContain('\\u{202e}a.txt (1 B)');
    expect(folder).toContain('in/b.txt (2 B)');
    for (let i = 0; i < 300; i += 1) write(`dir/f${i}`, '');
    expect(await read('dir')).toContain('[… 204 entries left out …]');
    for (let i = 300; i < 2100; i += 1) write(`dir/f${i}`, '');
    expect(await read('dir')).toMatch(/^folder, at least 2000 entries/);
    mkdirSync(join(workspace, 'empty'));
    expect(await read('empty')).toMatch(/folder, 0 entries[^]*\n\(empty\)$/);
    rmSync(join(workspace, 'dir'), { recursive: true });
    expect(await read('./')).toContain('empty/');
  });
});
