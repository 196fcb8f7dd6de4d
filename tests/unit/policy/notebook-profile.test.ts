import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NotebookProfile } from '../../../kernel/policy/notebook-profile.ts';
import { Policy } from '../../../kernel/policy/policy.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-profile-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const notebook = (profile: string): string => JSON.stringify({ metadata: { replique: { profile } } });

async function settled(
  file: string,
  policy: Policy,
  answer?: () => Promise<string>,
): Promise<string | undefined> {
  const ofNotebook = new NotebookProfile({ file, policy, set: (profile) => policy.set(profile) });
  return (await ofNotebook.settle(true, answer === undefined ? {} : { onInput: answer }))[0];
}

it('never asks for more than the administrator fixed', async () => {
  const file = join(directory, 'n.ipynb');
  writeFileSync(file, notebook('open'));
  const policy = new Policy('strict', 'data');
  const said = await settled(file, policy, () => Promise.reject(new Error('asked')));
  expect(said).toContain('nothing looser than **data** is allowed by /etc/replique/config.json');
  expect(policy.profile).toBe('strict');
});

it('takes an interrupted question for a no', async () => {
  const file = join(directory, 'n.ipynb');
  writeFileSync(file, notebook('open'));
  const policy = new Policy('strict');
  expect(await settled(file, policy, () => Promise.reject(new Error('interrupted')))).toContain(
    'stays **strict**',
  );
  expect(policy.profile).toBe('strict');
});

it('waits for no pipe, and reads no file beyond its bound', async () => {
  const pipe = join(directory, 'pipe.ipynb');
  execFileSync('mkfifo', [pipe]);
  const large = join(directory, 'large.ipynb');
  writeFileSync(large, notebook('strict') + ' '.repeat(33 * 2 ** 20));
  for (const file of [pipe, large, join(directory, 'missing.ipynb')]) {
    const policy = new Policy('open');
    expect(await settled(file, policy)).toBeUndefined();
    expect(policy.profile).toBe('open');
  }
});

it('says nothing of a profile that is in force already', async () => {
  const file = join(directory, 'n.ipynb');
  writeFileSync(file, notebook('data'));
  expect(await settled(file, new Policy('data'))).toBeUndefined();
});
