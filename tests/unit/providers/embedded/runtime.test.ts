import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProviderError } from '../../../../kernel/providers/contract.ts';
import {
  ensureRuntime,
  installationFor,
  isRuntimeInstalled,
  runtimeEntry,
} from '../../../../kernel/providers/embedded/runtime.ts';

let directory: string;
let npm: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replique-runtime-'));
  npm = join(directory, 'npm-cli.js');
  vi.stubEnv('npm_execpath', npm);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

const signal = AbortSignal.timeout(25_000);
const texts: string[] = [];
const ensure = (): Promise<void> => {
  texts.length = 0;
  return ensureRuntime({
    directory,
    signal,
    onEvent: (event) => {
      if (event.type === 'step') texts.push(event.text);
    },
  });
};
const installed = `
const fs = require('fs');
fs.appendFileSync('LOG', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules/node-llama-cpp/dist', { recursive: true });
fs.writeFileSync('node_modules/node-llama-cpp/dist/index.js', '');
fs.writeFileSync('node_modules/.package-lock.json', '{}');
`;

test.each(['linux-x64', 'linux-arm64'])('on %s exactly the pinned packages are installed', (name) => {
  const [platform = '', arch = ''] = name.split('-');
  const { manifest, lock } = installationFor(platform, arch);
  expect(manifest).toMatchObject({
    dependencies: { 'node-llama-cpp': '3.22.1', [`@node-llama-cpp/${name}`]: '3.22.1' },
  });
  const { packages } = lock as { packages: Record<string, { integrity?: string; resolved?: string }> };
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  expect(entries.length).toBeGreaterThan(50);
  for (const [, entry] of entries) {
    expect(entry.integrity).toMatch(/^sha512-/);
    expect(entry.resolved).toBeUndefined();
  }
  expect(entries.filter(([path]) => path.includes('@node-llama-cpp/'))).toHaveLength(1);
});

test('a platform without a pinned runtime is an error with a way out', () => {
  expect(() => installationFor('win32', 'x64')).toThrow(ProviderError);
  expect(() => installationFor('win32', 'x64')).toThrow('win32-x64');
});

test('installed once, without scripts, by one rename', async () => {
  const log = join(directory, 'log');
  await writeFile(npm, installed.replace('LOG', log));
  expect(await isRuntimeInstalled(directory)).toBe(false);
  await Promise.all([ensure(), ensure()]);
  expect(await isRuntimeInstalled(directory)).toBe(true);
  const calls = (await readFile(log, 'utf8')).trim().split('\n');
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatch(/^ci --ignore-scripts --omit=optional /);
  expect(await readdir(join(directory, 'runtime'))).toEqual(['node-llama-cpp-3.22.1']);
});

test('a half-removed installation is replaced', async () => {
  await writeFile(npm, installed.replace('LOG', join(directory, 'log')));
  await mkdir(dirname(dirname(runtimeEntry(directory))), { recursive: true });
  await ensure();
  expect(await isRuntimeInstalled(directory)).toBe(true);
});

test.each([
  ['npm error code EINTEGRITY', 'EINTEGRITY'],
  ['npm error code ENOSPC', 'too full'],
  ['npm error something else', 'something else'],
  ['', 'could not be installed.'],
])('npm fails with "%s": said, and nothing is left', async (said, message) => {
  await writeFile(npm, `console.error(${JSON.stringify(said)}); process.exit(1)`);
  await expect(ensure()).rejects.toThrow(message);
  expect(await readdir(join(directory, 'runtime'))).toEqual([]);
});

test.each([
  [
    'warns of a file that it could not write',
    "console.error('npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device')",
  ],
  [
    'does not come to the end',
    "fs.rmSync('node_modules/.package-lock.json'); console.error('npm warn ENOSPC')",
  ],
])('npm %s, and says that all is well: it is not taken for installed', async (_, more) => {
  await writeFile(npm, `${installed.replace('LOG', join(directory, 'log'))}\n${more}`);
  await expect(ensure()).rejects.toThrow('The disk is too full for the model runtime.');
  expect(await readdir(join(directory, 'runtime'))).toEqual([]);
});

test('no npm anywhere is an error with a way out', async () => {
  vi.stubEnv('npm_execpath', '');
  vi.stubEnv('PATH', directory);
  const { execPath } = process;
  process.execPath = join(directory, 'node');
  try {
    await expect(ensure()).rejects.toThrow('npm was not found');
  } finally {
    process.execPath = execPath;
  }
});

test('another npm than the one that started us is found on the path', async () => {
  vi.stubEnv('npm_execpath', '/some/pnpm.cjs');
  await ensureRuntime({
    directory,
    signal: AbortSignal.abort(new Error('far enough')),
    onEvent: () => undefined,
  }).catch((error: unknown) => {
    expect(error).toEqual(new Error('far enough'));
  });
  expect(await isRuntimeInstalled(directory)).toBe(false);
});
