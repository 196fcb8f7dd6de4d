import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Directory, walk } from '../../../kernel/sandbox/files/directory.ts';
import { listWorkspace } from '../../../kernel/sandbox/listing.ts';

let top: string;
let workspace: string;
let outside: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'replique-directory-'));
  [workspace, outside] = [join(top, 'workspace'), join(top, 'outside')];
  for (const path of [workspace, outside, join(workspace, 'data')]) mkdirSync(path);
  writeFileSync(join(outside, 'secret.csv'), 'key,value\n');
  writeFileSync(join(workspace, 'data', 'mine.csv'), 'a,b\n');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** What code in the sandbox could do at any moment: put a link where a directory was. */
const swap = (): void => {
  renameSync(join(workspace, 'data'), join(workspace, 'moved'));
  symlinkSync(outside, join(workspace, 'data'));
};

describe('an open directory', () => {
  it('leads to what was opened, not to what a link has put in its place', async () => {
    const root = await Directory.open(workspace);
    const data = (await root.directory('data'))!;
    swap();
    expect((await data.entries()).map(({ name }) => name)).toEqual(['mine.csv']);
    expect(await data.file('secret.csv')).toBeUndefined();
    expect(await data.status('secret.csv')).toBeUndefined();
    expect(await root.directory('data')).toBeUndefined();
    await data.close();
    await root.close();
  });

  it('opens regular files only, and never waits', async () => {
    symlinkSync(join(outside, 'secret.csv'), join(workspace, 'link.csv'));
    execFileSync('mkfifo', [join(workspace, 'pipe.csv')]);
    const root = await Directory.open(workspace);
    for (const name of ['link.csv', 'pipe.csv', 'data', 'none'])
      expect(await root.file(name)).toBeUndefined();
    await root.close();
    await expect(Directory.open(join(workspace, 'link.csv'))).rejects.toThrow();
  });

  it('is walked without a step through a link that came meanwhile', async () => {
    const root = await Directory.open(workspace);
    const seen: string[] = [];
    for await (const { path } of walk(root, { depth: 3, entries: 100 })) {
      seen.push(path);
      if (path === 'data') swap();
    }
    await root.close();
    expect(seen).toEqual(['data']);
  });

  it('is walked within bounds', async () => {
    for (let number = 0; number < 20; number += 1) writeFileSync(join(workspace, `f${number}`), '');
    mkdirSync(join(workspace, 'a', 'b', 'c'), { recursive: true });
    const root = await Directory.open(workspace);
    const paths = async (options: Parameters<typeof walk>[1]): Promise<string[]> => {
      const found: string[] = [];
      for await (const { path } of walk(root, options)) found.push(path);
      return found;
    };
    expect(await paths({ depth: 5, entries: 7 })).toHaveLength(7);
    expect(await paths({ depth: 1, entries: 100 })).not.toContain('a/b/c');
    expect(await paths({ depth: 2, entries: 100 })).toContain('a/b/c');
    await root.close();
  });
});

it('what the model is told of the workspace holds no word from behind a link, while links come and go', async () => {
  symlinkSync(outside, join(workspace, 'folder'));
  symlinkSync(join(outside, 'secret.csv'), join(workspace, 'secret.csv'));
  const listing = await listWorkspace(workspace);
  expect(listing).toBe('data/mine.csv (4 B; columns a,b)');
});
