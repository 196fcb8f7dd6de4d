import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileDeltaSchema } from '../../../../kernel/timeline/files/contract.ts';
import { FileGround } from '../../../support/file-ground.ts';
import { pictureOf } from '../../../support/file-worlds.ts';

let ground: FileGround;
beforeEach(() => {
  ground = new FileGround();
});
afterEach(() => ground.remove());

describe('changes', () => {
  it('tells what code did to files, folders, links and permissions', async () => {
    ground.put('old.txt', 'old');
    ground.put('gone.txt', 'gone');
    ground.put('script', 'x');
    const delta = await ground.run(() => {
      ground.put('old.txt', 'new');
      rmSync(ground.at('gone.txt'));
      chmodSync(ground.at('script'), 0o755);
      ground.put('made/deep/new.txt', 'n');
      symlinkSync('/etc/passwd', ground.at('link'));
    });
    const told = delta.map(({ path, before, after }) => [path, before?.kind, after?.kind]);
    expect(told).toEqual([
      ['gone.txt', 'file', undefined],
      ['link', undefined, 'link'],
      ['made', undefined, 'directory'],
      ['made/deep', undefined, 'directory'],
      ['made/deep/new.txt', undefined, 'file'],
      ['old.txt', 'file', 'file'],
      ['script', 'file', 'file'],
    ]);
    expect(delta.at(-1)).toMatchObject({ before: { mode: 0o644 }, after: { mode: 0o755, kept: true } });
    expect((await ground.history.changes()).delta).toEqual([]);
  });

  it('counts nothing that others did before the code ran, nor what is not its business', async () => {
    await ground.history.settle();
    ground.put('mine.txt', 'by hand');
    const delta = await ground.run(() => {
      ground.put('n.ipynb', '{}');
      ground.put('sub/N.IPYNB', '{}');
      ground.put('.git/config', 'x');
      ground.put('sub/.ipynb_checkpoints/n-checkpoint.ipynb', '{}');
      ground.put('replique-outputs/rest.txt', 'x');
      execFileSync('mkfifo', [ground.at('pipe')]);
    });
    expect(delta.map(({ path }) => path)).toEqual(['sub']);
  });

  it('sees a change of the same size in the moment of the look', async () => {
    ground.put('a', '000000');
    await ground.history.settle();
    for (let turn = 1; turn < 200; turn += 1) {
      writeFileSync(ground.at('a'), String(turn).padStart(6, '0'));
      expect((await ground.history.changes()).delta).toHaveLength(1);
    }
  });

  it('is not deceived by a time of change that was set back', async () => {
    ground.put('a', 'one');
    utimesSync(ground.at('a'), 1, 1);
    const delta = await ground.run(() => {
      writeFileSync(ground.at('a'), 'two');
      utimesSync(ground.at('a'), 1, 1);
    });
    expect(delta).toHaveLength(1);
  });

  it('names what is too large to be kept, and going back leaves it', async () => {
    await ground.history.settle();
    ground.put('big.bin', '');
    truncateSync(ground.at('big.bin'), 10 ** 12);
    const { delta, notices } = await ground.history.changes();
    expect(delta[0]?.after).toMatchObject({ kept: false, size: 10 ** 12 });
    expect(notices.join()).toMatch(/going back leaves them: big\.bin \(larger than 67\.1 MB\)/);
    expect(await ground.history.move([delta], [])).toEqual({
      changed: [],
      left: [{ path: 'big.bin', reason: 'is no longer kept as it was' }],
    });
    expect(existsSync(ground.at('big.bin'))).toBe(true);
  });

  it('says that a workspace is gone, and that it is back', async () => {
    ground.put('a', '1');
    const delta = await ground.run(() => ground.put('a', '2'));
    renameSync(ground.workspace, `${ground.workspace}-away`);
    const { delta: none, notices } = await ground.history.changes();
    expect(none).toEqual([]);
    expect(notices.join()).toContain('The workspace can’t be read');
    expect((await ground.history.move([delta], [])).left).toEqual([
      { path: 'a', reason: 'can’t be reached: the workspace is not there' },
    ]);
    renameSync(`${ground.workspace}-away`, ground.workspace);
    expect((await ground.history.changes()).delta).toEqual([]);
    expect((await ground.history.move([delta], [])).changed).toEqual(['a']);
  });

  it('works on where contents can’t be kept, and says so once', async () => {
    writeFileSync(join(ground.top, 'kept'), 'in the way');
    const delta = await ground.run(() => ground.put('a', '1'));
    expect(delta).toMatchObject([{ path: 'a', after: { kept: false } }]);
    ground.put('b', '2');
    const { notices } = await ground.history.changes();
    expect(notices.join()).toContain('b (too much to be kept)');
    expect((await ground.history.move([delta], [])).left).toHaveLength(1);
    expect(ground.read('a')).toBe('1');
  });
});

describe('move', () => {
  it('goes back and forth over kernels that start again', async () => {
    ground.put('d/a', 'one');
    const first = await ground.run(() => ground.put('d/a', 'two'));
    const second = await ground.run(() => {
      rmSync(ground.at('d'), { recursive: true });
      ground.put('d', 'a file now');
    });
    const journal = JSON.parse(JSON.stringify([first, second])) as unknown[];
    const [one, two] = journal.map((delta) => fileDeltaSchema.parse(delta));
    const history = ground.restarted();
    expect(await history.move([one!, two!], [])).toEqual({ changed: ['d', 'd/a'], left: [] });
    expect(ground.read('d/a')).toBe('one');
    expect(await history.move([], [one!, two!])).toEqual({ changed: ['d', 'd/a'], left: [] });
    expect(ground.read('d')).toBe('a file now');
  });

  it('leaves what a person changed since, and says how', async () => {
    for (const path of ['edited', 'removed', 'mode', 'kind', 'same']) ground.put(path, 'before');
    const delta = await ground.run(() => {
      for (const path of ['edited', 'removed', 'mode', 'kind', 'same', 'd/new']) ground.put(path, 'after');
    });
    ground.put('edited', 'by hand');
    ground.put('d/by hand', 'x');
    rmSync(ground.at('removed'));
    chmodSync(ground.at('mode'), 0o600);
    rmSync(ground.at('kind'));
    mkdirSync(ground.at('kind'));
    const { changed, left } = await ground.history.move([delta], []);
    expect(changed).toEqual(['d/new', 'same']);
    expect(left).toEqual([
      { path: 'd', reason: 'is a folder that still holds something of others' },
      { path: 'edited', reason: 'was changed by others' },
      { path: 'kind', reason: 'is a folder now, made by others' },
      { path: 'mode', reason: 'has other permissions, set by others' },
      { path: 'removed', reason: 'was removed by others' },
    ]);
    expect(ground.read('edited')).toBe('by hand');
    expect(ground.read('d/by hand')).toBe('x');
  });

  it('goes back only to what a person wrote between two runs, and forth again over it', async () => {
    ground.put('a', 'A');
    const first = await ground.run(() => ground.put('a', 'B'));
    ground.put('a', 'by hand');
    const second = await ground.run(() => ground.put('a', 'C'));
    const back = await ground.history.move([first, second], []);
    expect(back).toEqual({
      changed: ['a'],
      left: [{ path: 'a', reason: expect.stringContaining('between two cells') as string }],
    });
    expect(ground.read('a')).toBe('by hand');
    expect(await ground.history.move([], [first, second])).toEqual({ changed: ['a'], left: [] });
    expect(ground.read('a')).toBe('C');
  });

  it('leaves what a person set back by hand, though an earlier run left the same', async () => {
    ground.put('a', 'A');
    const first = await ground.run(() => ground.put('a', 'B'));
    const second = await ground.run(() => ground.put('a', 'C'));
    ground.put('a', 'B');
    expect((await ground.history.move([first, second], [])).left).toEqual([
      { path: 'a', reason: 'was changed by others' },
    ]);
    expect(ground.read('a')).toBe('B');
  });

  it('puts nothing back that has been damaged', async () => {
    ground.put('a', 'one');
    const delta = await ground.run(() => ground.put('a', 'two'));
    writeFileSync(join(ground.objects, delta[0]!.before!.hash), 'ONE');
    expect(await ground.history.move([delta], [])).toEqual({
      changed: [],
      left: [{ path: 'a', reason: 'is no longer kept as it was' }],
    });
    expect(ground.read('a')).toBe('two');
    expect(readdirSync(ground.workspace)).toEqual(['a']);
  });

  it('keeps what it replaces, where that was let go of', async () => {
    ground.put('a', 'one');
    const delta = await ground.run(() => ground.put('a', 'two'));
    rmSync(join(ground.objects, delta[0]!.after!.hash));
    await ground.history.move([delta], []);
    await ground.history.move([], [delta]);
    expect(ground.read('a')).toBe('two');
  });

  it.runIf(process.platform === 'linux')('brings back names of any bytes', async () => {
    const odd = Buffer.concat([Buffer.from(`${ground.workspace}/`), Buffer.from([0x66, 0xff, 0x0a, 0x80])]);
    const delta = await ground.run(() => writeFileSync(odd, 'odd'));
    const parsed = fileDeltaSchema.parse(JSON.parse(JSON.stringify(delta)));
    await ground.history.move([parsed], []);
    expect(readdirSync(ground.workspace)).toEqual([]);
    await ground.history.move([], [parsed]);
    expect(readFileSync(odd, 'utf8')).toBe('odd');
  });

  it('takes away and brings back all names of a file, long after they were made', async () => {
    const delta = await ground.run(() => {
      for (const name of ['a', 'old']) ground.put(name, 'shared');
      for (const [name, other] of [
        ['a', 'b'],
        ['old', 'new'],
      ] as const)
        linkSync(ground.at(name), ground.at(other));
    });
    await expect.poll(() => Date.now() - statSync(ground.at('new')).ctimeMs).toBeGreaterThan(100);
    await ground.history.settle();
    const names = ['a', 'b', 'new', 'old'];
    expect((await ground.history.move([delta], [])).left).toEqual([]);
    expect(names.filter((name) => existsSync(ground.at(name)))).toEqual([]);
    expect((await ground.history.move([], [delta])).left).toEqual([]);
    expect(names.map((name) => readFileSync(ground.at(name), 'utf8'))).toEqual(names.map(() => 'shared'));
  });

  it('brings back large files, links, and permissions but for set-user-id', async () => {
    const large = Buffer.alloc(5_000_000, 'replique');
    const delta = await ground.run(() => {
      ground.put('large', large);
      chmodSync(ground.at('large'), 0o4751);
      symlinkSync('../nowhere', ground.at('link'));
      mkdirSync(ground.at('closed'));
      chmodSync(ground.at('closed'), 0o1500);
    });
    const before = pictureOf(ground.workspace);
    const parsed = fileDeltaSchema.parse(JSON.parse(JSON.stringify(delta)));
    expect((await ground.history.move([parsed], [])).left).toEqual([]);
    expect(readdirSync(ground.workspace)).toEqual([]);
    expect((await ground.history.move([], [parsed])).left).toEqual([]);
    expect(pictureOf(ground.workspace)).toEqual(before);
    expect(readlinkSync(ground.at('link'))).toBe('../nowhere');
    expect(statSync(ground.at('large')).mode & 0o7777).toBe(0o751);
    expect(lstatSync(ground.at('closed')).mode & 0o7777).toBe(0o500);
  });

  it('does not take back what only came into sight', async () => {
    mkdirSync(ground.at('many'));
    for (let n = 0; n < 20_200; n += 1) writeFileSync(ground.at(`many/${n}`), '');
    const names = readdirSync(ground.at('many'));
    await ground.history.settle();
    for (const name of names.slice(0, 500)) rmSync(ground.at(`many/${name}`));
    ground.put('new', 'x');
    const { delta, notices } = await ground.history.changes();
    expect(notices.join()).toContain('The workspace holds more than is looked at');
    expect(delta.filter(({ path }) => path !== 'new').every(({ before }) => before !== undefined)).toBe(true);
    expect(delta.map(({ path }) => path)).toContain('new');
    await ground.history.move([delta], []);
    expect(readdirSync(ground.at('many')).length).toBeGreaterThanOrEqual(19_700);
    expect(existsSync(ground.at('new'))).toBe(false);
    expect((await ground.history.changes()).notices).toEqual([]);
  }, 60_000);

  it('manages hundreds of folders, and deep ones', async () => {
    const deep = Array.from({ length: 60 }, (_, at) => `d${at}`).join('/');
    const delta = await ground.run(() => {
      for (let n = 0; n < 500; n += 1) mkdirSync(ground.at(`wide/${n}`), { recursive: true });
      ground.put(`${deep}/file`, 'deep');
    });
    expect(delta).toHaveLength(501 + 61);
    expect(await ground.history.move([delta], [])).toMatchObject({ left: [] });
    expect(readdirSync(ground.workspace)).toEqual([]);
    await ground.history.move([], [delta]);
    expect(ground.read(`${deep}/file`)).toBe('deep');
  });
});

describe('text', () => {
  it('is what a file held, or its beginning', async () => {
    const [change] = await ground.run(() => ground.put('a', 'größe\n'));
    expect(await ground.history.text(change!.after!, 1000)).toBe('größe\n');
    expect(await ground.history.text(change!.after!, 3)).toBe('gr');
  });

  it('is nothing where that is no text, or not kept', async () => {
    const delta = await ground.run(() => {
      ground.put('binary', Buffer.from([1, 2, 0]));
      ground.put('latin', Buffer.from([0x66, 0xff, 0x66]));
      ground.put('text', 'x');
    });
    const [binary, latin, text] = delta.map(({ after }) => after!);
    expect(await ground.history.text(binary!, 1000)).toBeUndefined();
    expect(await ground.history.text(latin!, 1000)).toBeUndefined();
    ground.put('text', 'y');
    await ground.history.settle();
    await ground.history.retain([]);
    expect(await ground.history.text(text!, 1000)).toBeUndefined();
  });
});
