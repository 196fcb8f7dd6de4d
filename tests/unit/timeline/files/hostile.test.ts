import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileDelta } from '../../../../kernel/timeline/files/contract.ts';
import { FileGround } from '../../../support/file-ground.ts';
import { pictureOf } from '../../../support/file-worlds.ts';

let ground: FileGround;
beforeEach(() => {
  ground = new FileGround();
});
afterEach(() => ground.remove());

const isRoot = process.getuid?.() === 0;

describe('a way out of the workspace', () => {
  it('is not taken where a folder became a link, though what lies there looks the same', async () => {
    ground.put('d/x', 'before');
    const delta = await ground.run(() => {
      ground.put('d/x', 'after');
      ground.put('d/new', 'after');
    });
    for (const name of ['x', 'new']) writeFileSync(join(ground.outside, name), 'after');
    rmSync(ground.at('d'), { recursive: true });
    symlinkSync(ground.outside, ground.at('d'));
    const { changed, left } = await ground.history.move([delta], []);
    expect(changed).toEqual([]);
    expect(left.map(({ path }) => path)).toEqual(['d/x']);
    expect(readFileSync(join(ground.outside, 'x'), 'utf8')).toBe('after');
    expect(readdirSync(ground.outside).sort()).toEqual(['new', 'x']);
  });

  it('is not taken by a look', async () => {
    writeFileSync(join(ground.outside, 'secret'), 'secret');
    const delta = await ground.run(() => symlinkSync(ground.outside, ground.at('d')));
    expect(delta.map(({ path }) => path)).toEqual(['d']);
  });

  it('is not taken while a folder and a link change places all the time', { timeout: 60_000 }, async () => {
    ground.put('d/x', 'before');
    const delta = await ground.run(() => ground.put('d/x', 'after'));
    writeFileSync(join(ground.outside, 'x'), 'after');
    symlinkSync(ground.outside, ground.at('link'));
    const [d, link, aside] = ['d', 'link', 'aside'].map((name) => JSON.stringify(ground.at(name)));
    const swapping = `const { renameSync: r } = require('fs'); console.log('on');
      for (;;) { r(${d}, ${aside}); r(${link}, ${d}); r(${d}, ${link}); r(${aside}, ${d}); }`;
    const attacker = spawn(process.execPath, ['-e', swapping], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(attacker.stdout, 'data');
    let moved = 0;
    try {
      for (let turn = 0; turn < 300; turn += 1) {
        moved += (await ground.history.move([delta], [])).changed.length;
        moved += (await ground.history.move([], [delta])).changed.length;
        await ground.history.changes();
      }
    } finally {
      const ended = once(attacker, 'close');
      attacker.kill('SIGKILL');
      await ended;
    }
    expect(moved).toBeGreaterThan(0);
    expect(readdirSync(ground.outside)).toEqual(['x']);
    expect(readFileSync(join(ground.outside, 'x'), 'utf8')).toBe('after');
  });

  it('is not taken by the paths of a journal', async () => {
    const [change] = await ground.run(() => ground.put('a', 'planted'));
    const after = change!.after!;
    const paths = [
      '../out',
      '/etc/x',
      'a/../../out',
      'n.ipynb',
      '.git/hooks/post-commit',
      '',
      'a//b',
      'x\0',
      '.',
    ];
    const { changed, left } = await ground.history.move([], [paths.map((path) => ({ path, after }))]);
    expect(changed).toEqual([]);
    expect(new Set(left.map(({ reason }) => reason))).toEqual(new Set(['is nothing that is taken back']));
    expect(readdirSync(ground.top).sort()).toEqual(['kept', 'outside', 'workspace']);
    expect(readdirSync(ground.workspace)).toEqual(['a']);
  });

  it('is not given by a hard link: what has another name keeps its content there', async () => {
    ground.put('a', 'before');
    linkSync(ground.at('a'), join(ground.outside, 'same'));
    const delta = await ground.run(() => appendFileSync(ground.at('a'), ' and after'));
    await ground.history.move([delta], []);
    expect(ground.read('a')).toBe('before');
    expect(readFileSync(join(ground.outside, 'same'), 'utf8')).toBe('before and after');
  });
});

describe('what stands in the way', () => {
  it('stays: a pipe, and a file that was made again', async () => {
    ground.put('a', 'before');
    const delta = await ground.run(() => {
      rmSync(ground.at('a'));
      execFileSync('mkfifo', [ground.at('a')]);
    });
    expect(delta).toMatchObject([{ path: 'a', before: { kind: 'file' } }]);
    expect((await ground.history.move([delta], [])).left[0]?.reason).toContain('is a pipe');
    rmSync(ground.at('a'));
    ground.put('a', 'made again');
    expect((await ground.history.move([delta], [])).left[0]?.reason).toBe('was made by others');
    expect(ground.read('a')).toBe('made again');
  });

  it('loses nothing to files that come and go during a look', { timeout: 60_000 }, async () => {
    ground.put('mine', 'mine');
    const busy = `const f = require('fs'); console.log('on'); for (let n = 0; ; n += 1) {
      f.mkdirSync('t/' + n % 7, { recursive: true }); f.writeFileSync('t/' + n % 7 + '/f', 'x'.repeat(n % 9999));
      f.rmSync('t/' + (n + 3) % 7, { recursive: true, force: true }); }`;
    await ground.history.settle();
    const writer = spawn(process.execPath, ['-e', busy], {
      cwd: ground.workspace,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(writer.stdout, 'data');
    const deltas: FileDelta[] = [];
    try {
      for (let turn = 0; turn < 60; turn += 1) deltas.push((await ground.history.changes()).delta);
    } finally {
      const ended = once(writer, 'close');
      writer.kill('SIGKILL');
      await ended;
    }
    deltas.push((await ground.history.changes()).delta);
    expect(deltas.flat().every(({ path }) => path === 't' || path.startsWith('t/'))).toBe(true);
    // What could not be told for sure in the rush is left, and every such path is named.
    const { left } = await ground.history.move(deltas, []);
    const there = [...pictureOf(ground.workspace).keys()].filter((path) => path !== 'mine');
    expect(ground.read('mine')).toBe('mine');
    if (there.length > 0) expect(left.map(({ path }) => path)).toContain('t');
  });

  it.runIf(isRoot)('a full or read-only disk leaves every file whole', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', ground.workspace]);
    try {
      ground.put('a', 'a'.repeat(100_000));
      ground.put('b', 'b');
      const delta = await ground.run(() => {
        ground.put('a', 'small');
        ground.put('b', 'new');
      });
      writeFileSync(ground.at('hog'), Buffer.alloc(450_000));
      expect(await ground.history.move([delta], [])).toEqual({
        changed: ['b'],
        left: [{ path: 'a', reason: 'can’t be written: the disk is full' }],
      });
      expect([ground.read('a'), ground.read('b')]).toEqual(['small', 'b']);
      execFileSync('mount', ['-o', 'remount,ro', ground.workspace]);
      const { left } = await ground.history.move([], [delta]);
      expect(left).toEqual([{ path: 'b', reason: 'can’t be changed: the file system is read-only' }]);
      expect(readdirSync(ground.workspace).sort()).toEqual(['a', 'b', 'hog']);
    } finally {
      execFileSync('umount', [ground.workspace]);
    }
  });

  it('permissions: closed folders of our own are opened, others are left', async () => {
    const someone = 65_534;
    for (const path of [ground.top, ground.workspace, ground.outside]) {
      if (isRoot) chownSync(path, someone, someone);
      chmodSync(path, 0o755);
    }
    if (isRoot) process.seteuid?.(someone);
    try {
      ground.put('ours/in/x', 'before');
      ground.put('theirs/x', 'before');
      ground.put('unreadable', 'before');
      const delta = await ground.run(() => {
        ground.put('ours/in/x', 'after');
        ground.put('theirs/x', 'after');
        chmodSync(ground.at('ours/in'), 0o555);
        chmodSync(ground.at('unreadable'), 0);
      });
      chmodSync(ground.at('theirs'), 0o555);
      const closed = await ground.run(() => chmodSync(ground.at('ours'), 0));
      expect(closed.map(({ path }) => path)).toEqual(['ours']);
      const { left } = await ground.history.move([delta, closed], []);
      expect(left).toEqual([
        { path: 'theirs/x', reason: 'can’t be changed: permissions don’t allow it' },
        { path: 'unreadable', reason: 'is no longer kept as it was' },
      ]);
      expect(pictureOf(ground.at('ours'))).toEqual(
        new Map([
          ['in', 'directory 755'],
          ['in/x', 'file 644 before'],
        ]),
      );
      chmodSync(ground.at('theirs'), 0o755);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

it('goes by plain paths where descriptors have none', async () => {
  vi.resetModules();
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
  const { createFileHistory } = await import('../../../../kernel/timeline/files/history.ts');
  Object.defineProperty(process, 'platform', platform);
  ground.history = createFileHistory({ workspace: ground.workspace, objects: ground.objects });
  ground.put('d/x', Buffer.alloc(2_000_000, 'before'));
  const before = pictureOf(ground.workspace);
  const delta = await ground.run(() => {
    ground.put('d/x', Buffer.alloc(3_000_000, 'after'));
    chmodSync(ground.at('d'), 0o700);
    symlinkSync('x', ground.at('d/link'));
    ground.put('new/y', 'y');
  });
  const after = pictureOf(ground.workspace);
  expect((await ground.history.move([delta], [])).left).toEqual([]);
  expect(pictureOf(ground.workspace)).toEqual(before);
  expect((await ground.history.move([], [delta])).left).toEqual([]);
  expect(pictureOf(ground.workspace)).toEqual(after);
  renameSync(ground.at('d'), join(ground.outside, 'd'));
  symlinkSync(join(ground.outside, 'd'), ground.at('d'));
  await ground.history.move([delta], []);
  expect(pictureOf(join(ground.outside, 'd')).get('link')).toBe('link x');
});
