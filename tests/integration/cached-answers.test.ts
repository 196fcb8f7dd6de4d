import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KernelUnderTest } from '../support/kernels.ts';

let data: string;
let open: KernelUnderTest | undefined;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'replique-data-'));
  vi.stubEnv('XDG_DATA_HOME', data);
});
afterEach(async () => {
  await open?.end();
  open = undefined;
  vi.unstubAllEnvs();
  rmSync(data, { recursive: true, force: true });
});

it('a session with `cache` on answers the same prompt again without asking the model', async () => {
  const config = { cache: 'on' } as const;
  open = await KernelUnderTest.start({ config, replies: [{ text: 'It is 42.' }] });
  const { workspace } = open;
  expect((await open.run('How much is it?')).text).toContain('It is 42.');
  await open.end();
  open = await KernelUnderTest.start({
    config,
    replies: [],
    workspace: mkdtempSync(join(data, 'workspace-')),
  });
  expect(open.workspace).not.toBe(workspace);
  expect((await open.run('How much is it?')).text).toContain('It is 42.');
  expect((await open.run('And another?')).reply['status']).toBe('error');
});
