import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { diffOfDeltas } from '../../../../kernel/timeline/files/differences.ts';
import { fill } from '../../../../kernel/timeline/files/fill.ts';
import { Folder } from '../../../../kernel/timeline/files/folder.ts';
import { differenceOf, reasonOf } from '../../../../kernel/timeline/files/reasons.ts';
import { scan } from '../../../../kernel/timeline/files/scan.ts';
import { ObjectStore } from '../../../../kernel/timeline/files/store.ts';
import { hashOfFile } from '../../../../kernel/timeline/files/streams.ts';
import { FileGround } from '../../../support/file-ground.ts';

let ground: FileGround;
beforeEach(() => {
  ground = new FileGround();
});
afterEach(() => {
  vi.useRealTimers();
  execFileSync('rm', ['-rf', ground.top]);
});
const none = (): ReadonlySet<string> => new Set();

describe('what there is too much of', () => {
  it('is named: files in the workspace itself', { timeout: 60_000 }, async () => {
    execFileSync('python3', ['-c', 'for n in range(20_010): open(str(n), "w").close()'], {
      cwd: ground.workspace,
    });
    const { notices } = await ground.history.changes();
    expect(notices.join()).toContain(
      'holds more than is looked at: what code changes in the workspace itself and beyond is not recorded',
    );
  });

  it('is named: folders, by their depth and by the length of their path', async () => {
    mkdirSync(ground.at('d/'.repeat(70)), { recursive: true });
    expect((await ground.history.changes()).notices.join()).toMatch(
      /what code changes in d(\/d){64} and beyond/,
    );
    rmSync(ground.at('d'), { recursive: true });
    const code = `import os\nfor n in range(18): os.mkdir('${'n'.repeat(250)}'); os.chdir('${'n'.repeat(250)}')`;
    execFileSync('python3', ['-c', code], { cwd: ground.workspace });
    ground.restarted();
    expect((await ground.history.changes()).notices.join()).toContain('and beyond is not recorded');
  });

  it('is named: changed files, five of them', async () => {
    await ground.history.settle();
    for (let at = 0; at < 7; at += 1) {
      ground.put(`big${at}`, '');
      truncateSync(ground.at(`big${at}`), 10 ** 10);
    }
    const { notices } = await ground.history.changes();
    expect(notices.join()).toContain('big0, big1, big2, big3, big4 and 2 more (larger than');
  });

  it('waits for the next look where there is no time or no room, and is not forgotten meanwhile', async () => {
    for (const name of ['a', 'b', 'c']) ground.put(name, name.repeat(100));
    const store = new ObjectStore(ground.objects, 10_000);
    const root = Folder.open(ground.workspace);
    const look = async (mostMs: number, mostBytes: number, was: Parameters<typeof scan>[1] = new Map()) => {
      const { unknown } = await scan(root, was);
      return fill(root, unknown, { store, inUse: none, mostMs, mostBytes });
    };
    const reasons = (known: Awaited<ReturnType<typeof look>>) =>
      [...known.values()].map(({ unkept }) => unkept);
    expect(reasons(await look(-1, Infinity))).toEqual(['later', 'later', 'later']);
    expect(reasons(await look(60_000, 150))).toEqual([undefined, 'full', 'full']);
    const all = await look(60_000, Infinity);
    expect(reasons(all)).toEqual([undefined, undefined, undefined]);
    expect(await look(-1, Infinity, all)).toEqual(all);
    root.close();
  });
});

describe('a draft of a move', () => {
  const name = '.replique-rewind-0123456789abcdef';

  it('that a killed kernel left is removed when it is old, and is no change', async () => {
    ground.put(name, 'half');
    expect(await ground.run(() => undefined)).toEqual([]);
    expect(existsSync(ground.at(name))).toBe(true);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    expect(await ground.run(() => undefined)).toEqual([]);
    expect(existsSync(ground.at(name))).toBe(false);
    mkdirSync(ground.at(name));
    await ground.run(() => undefined);
    expect(existsSync(ground.at(name))).toBe(true);
  });
});

describe('the contents that are kept', () => {
  const opened = <T>(file: string, action: (descriptor: number) => Promise<T>): Promise<T> => {
    const descriptor = openSync(file, 'r');
    return action(descriptor).finally(() => closeSync(descriptor));
  };

  it('are whole, or are not kept: no room, or a file that became shorter', async () => {
    ground.put('file', 'x'.repeat(1000));
    const store = new ObjectStore(ground.objects, 5000);
    await opened(ground.at('file'), async (from) => {
      expect(await store.keepFile(from, 6000, none)).toBeUndefined();
      expect(await store.keepFile(from, 1001, none)).toBeUndefined();
      expect(readdirSync(ground.objects)).toEqual([]);
      const hash = await store.keepFile(from, 1000, none);
      expect(readdirSync(ground.objects)).toEqual([hash]);
      expect(await hashOfFile(from, 2000)).toBe(hash);
    });
  });

  it('are only files with the name of a hash', async () => {
    mkdirSync(join(ground.objects, 'a'.repeat(64)), { recursive: true });
    writeFileSync(join(ground.objects, 'notes'), '');
    const store = new ObjectStore(ground.objects, 5000);
    expect([store.has('a'.repeat(64)), store.has('notes')]).toEqual([false, false]);
    ground.put('target', '');
    const to = openSync(ground.at('target'), 'r+');
    expect(await store.writeTo('b'.repeat(64), to)).toBe(false);
    closeSync(to);
  });

  it('stay where a delta needs them', async () => {
    ground.put('a', 'one');
    const delta = await ground.run(() => ground.put('a', 'two'));
    await ground.history.retain([delta]);
    expect((await ground.history.move([delta], [])).changed).toEqual(['a']);
    await ground.history.retain([]);
    expect((await ground.history.move([], [delta])).left).toEqual([
      { path: 'a', reason: 'is no longer kept as it was' },
    ]);
  });
});

describe('going back', () => {
  it('closes a folder again that holds something of others', async () => {
    const delta = await ground.run(() => {
      mkdirSync(ground.at('closed'));
      chmodSync(ground.at('closed'), 0o500);
    });
    chmodSync(ground.at('closed'), 0o700);
    ground.put('closed/theirs', 'x');
    chmodSync(ground.at('closed'), 0o500);
    expect((await ground.history.move([delta], [])).left).toEqual([
      { path: 'closed', reason: 'is a folder that still holds something of others' },
    ]);
    expect(statSync(ground.at('closed')).mode & 0o777).toBe(0o500);
    chmodSync(ground.at('closed'), 0o700);
    expect(ground.read('closed/theirs')).toBe('x');
  });

  it('makes no link whose content was lost', async () => {
    symlinkSync('somewhere', ground.at('link'));
    const delta = await ground.run(() => rmSync(ground.at('link')));
    rmSync(join(ground.objects, delta[0]!.before!.hash));
    expect((await ground.history.move([delta], [])).left).toEqual([
      { path: 'link', reason: 'is no longer kept as it was' },
    ]);
    expect(readdirSync(ground.workspace)).toEqual([]);
  });
});

describe('a path that is left', () => {
  const file = { hash: 'a', kind: 'file', mode: 0o644, size: 1, kept: true } as const;

  it.each([
    [file, file, 'was changed by others between two cells, and is as they left it'],
    [undefined, file, 'was removed by others'],
    [file, undefined, 'was made by others'],
    [{ ...file, kind: 'link' } as const, file, 'is a link now, made by others'],
    [{ ...file, kind: 'directory' } as const, file, 'is a folder now, made by others'],
    [{ ...file, mode: 0o600 }, file, 'has other permissions, set by others'],
    [{ ...file, hash: 'b' }, file, 'was changed by others'],
  ])('says why: %#', (present, expected, reason) => {
    expect(differenceOf(present, expected)).toBe(reason);
  });

  it('says what the system said of it', () => {
    expect(reasonOf({ code: 'ENOSPC' })).toBe('can’t be written: the disk is full');
    expect(reasonOf({ code: 'EIO' })).toBe('can’t be changed (EIO)');
    expect(reasonOf(new Error('x'))).toBe('can’t be changed (unknown error)');
  });

  it('that changed twice differs by its first and its last state', () => {
    const [x, y, z] = ['x', 'y', 'z'].map((hash) => ({ ...file, hash }));
    const way = [[{ path: 'p', before: x, after: y }], [{ path: 'p', before: y, after: z }]];
    expect(diffOfDeltas([], way)).toEqual([{ path: 'p', status: 'changed', before: x, after: z }]);
    expect(diffOfDeltas([], [...way, [{ path: 'p', before: z, after: x }]])).toEqual([]);
  });
});
