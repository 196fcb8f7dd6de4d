import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KernelUnderTest } from '../support/kernels.ts';

let top: string;
let kernel: KernelUnderTest | undefined;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-folders-')));
  mkdirSync(join(top, 'data'));
  writeFileSync(join(top, 'data', 'a.csv'), 'a,b\n');
  symlinkSync(join(top, 'data'), join(top, 'link'));
});
afterEach(async () => {
  await kernel?.end();
  kernel = undefined;
  rmSync(top, { recursive: true, force: true });
});

it('folders that are named can be read, at their paths, and not written', async () => {
  kernel = await KernelUnderTest.start({ config: { readOnlyFolders: [join(top, 'link')] } });
  const path = JSON.stringify(join(top, 'data'));
  expect((await kernel.run(`%%python\nprint(open(${path} + "/a.csv").read())`)).text).toContain('a,b');
  const write = await kernel.run(`%%python\nopen(${path} + "/b.csv", "w")`);
  expect(write.reply).toMatchObject({ status: 'error', ename: 'OSError' });
  const beside = await kernel.run(`%%python\nimport os; print(os.listdir(${JSON.stringify(top)}))`);
  expect(beside.text).toContain("['data']");
});

it.each([
  ['/nowhere/at/all', 'is no folder'],
  ['/', 'is a place of the sandbox itself'],
  ['/usr/share', 'is a place of the sandbox itself'],
  [homedir(), 'is your home folder'],
])('%s is refused, and no code runs', async (folder, problem) => {
  kernel = await KernelUnderTest.start({ config: { readOnlyFolders: [folder] } });
  const cell = await kernel.run('%%python\nprint("ran")');
  expect(cell.reply).toMatchObject({ status: 'error', ename: 'SandboxUnavailable' });
  expect(JSON.stringify(cell.reply)).toContain(problem);
  expect(JSON.stringify(cell.reply)).toContain('readOnlyFolders');
});
