import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNotebook } from '../../../server/cli/notebook/read.ts';
import { checkWritable, writeWhole } from '../../../server/cli/notebook/write.ts';
import { temporaryDirectory } from './temporary.ts';

const notebook = {
  nbformat: 4,
  nbformat_minor: 2,
  metadata: { kernelspec: { name: 'replique' } },
  cells: [
    { cell_type: 'markdown', metadata: {}, source: ['# a\n', 'b'] },
    {
      cell_type: 'code',
      metadata: { tags: ['x'] },
      source: 'How many?',
      outputs: [{ stale: 1 }],
      execution_count: 9,
    },
    { cell_type: 'code', metadata: {}, source: '', outputs: [{ stale: 1 }], execution_count: 9 },
  ],
};

function write(content: string, directory = temporaryDirectory()): string {
  const file = join(directory, 'n.ipynb');
  writeFileSync(file, content);
  return file;
}

describe('reading a notebook', () => {
  it('joins sources and keeps what it does not know', async () => {
    const { notebook: read } = await readNotebook(write(JSON.stringify({ ...notebook, extra: 1 })));
    expect(read.cells.map(({ source }) => source)).toEqual(['# a\nb', 'How many?', '']);
    expect(read['extra']).toBe(1);
  });

  it('reads one that begins with a byte-order mark', async () => {
    const read = await readNotebook(write(`\ufeff${JSON.stringify(notebook)}`));
    expect(read.notebook.cells).toHaveLength(3);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'format 4'],
    [`{"metadata": ${'['.repeat(501)}${']'.repeat(501)}}`, 'more than 500 levels deep'],
    [JSON.stringify({ nbformat: 3, nbformat_minor: 0, worksheets: [] }), 'the old format 3'],
    [JSON.stringify({ ...notebook, nbformat: 5 }), 'format 5, which this version does not know'],
    [JSON.stringify({ ...notebook, cells: [{ cell_type: 'heading', source: '' }] }), 'cells.0.cell_type'],
    [JSON.stringify({ ...notebook, cells: [{ cell_type: 'code', source: 5 }] }), 'cells.0.source'],
  ])('refuses %j', async (content, problem) => {
    const error = readNotebook(write(content));
    await expect(error).rejects.toMatchObject({ code: 'NOTEBOOK_INVALID' });
    await expect(error).rejects.toThrow(problem);
  });

  it('refuses what is not UTF-8, which it would write back damaged', async () => {
    const file = write('');
    writeFileSync(file, Buffer.from(JSON.stringify({ ...notebook, title: 'café' }), 'latin1'));
    await expect(readNotebook(file)).rejects.toThrow('it is not UTF-8 text');
  });

  it('refuses what is missing, no file, or too large', async () => {
    const directory = temporaryDirectory();
    await expect(readNotebook(join(directory, 'none.ipynb'))).rejects.toThrow('no such file');
    mkdirSync(join(directory, 'd.ipynb'));
    await expect(readNotebook(join(directory, 'd.ipynb'))).rejects.toThrow('not a file');
    const large = write('', directory);
    truncateSync(large, 201e6);
    await expect(readNotebook(large)).rejects.toThrow('larger than 200 MB');
  });
});

describe('writing a notebook', () => {
  it('takes the place of files only, never of a device or a pipe', async () => {
    const pipe = join(temporaryDirectory(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(checkWritable(pipe)).rejects.toThrow('it is not a file.');
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    await expect(checkWritable('')).rejects.toThrow('it has no name.');
  });

  it('writes where a link leads and leaves the link, but to nothing', async () => {
    const directory = temporaryDirectory();
    const [file, link, dangling] = [
      write('old', directory),
      join(directory, 'link'),
      join(directory, 'dangling'),
    ];
    symlinkSync(file, link);
    symlinkSync('nothing', dangling);
    await checkWritable(link);
    await writeWhole(link, 'new');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
    await expect(checkWritable(dangling)).rejects.toThrow('it is a link to nothing.');
  });

  it('refuses a link that leads out of its directory, and writes nothing there', async () => {
    const [inside, outside] = [temporaryDirectory(), temporaryDirectory()];
    const file = write('old', outside);
    symlinkSync(file, join(inside, 'link'));
    const refused = 'outside its directory; name that file if you mean it';
    await expect(checkWritable(join(inside, 'link'))).rejects.toThrow(refused);
    await expect(writeWhole(join(inside, 'link'), 'new')).rejects.toThrow(refused);
    expect(readFileSync(file, 'utf8')).toBe('old');
    symlinkSync(inside, join(outside, 'folder'));
    await writeWhole(join(outside, 'folder', 'new'), 'new');
    expect(readFileSync(join(inside, 'new'), 'utf8')).toBe('new');
  });

  it('keeps the permissions of the file that it replaces', async () => {
    const file = write('private');
    chmodSync(file, 0o600);
    await writeWhole(file, 'new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('replaces the file whole, or says why not and leaves nothing behind', async () => {
    const directory = temporaryDirectory();
    const file = write('old', directory);
    await writeWhole(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
    mkdirSync(join(directory, 'taken'));
    const refused = writeWhole(join(directory, 'taken'), 'new');
    await expect(refused).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    expect(readdirSync(directory).sort()).toEqual(['n.ipynb', 'taken']);
  });
});
