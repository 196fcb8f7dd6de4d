import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const dist = join(import.meta.dirname, '..', '..', 'dist');

/** The built file and all that it loads before it does anything. */
function loadedBy(file: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(file)) return found;
  const text = readFileSync(join(dist, file), 'utf8');
  found.set(file, text);
  for (const [, next] of text.matchAll(/^(?:import|\} from) "\.\/([\w.-]+\.js)";$/gm)) {
    if (next !== undefined) loadedBy(next, found);
  }
  return found;
}

/** What a built file, and all that it loads before it does anything, is; and the files of those names that it loads later. */
function bundled(file: string, ...later: string[]): string {
  const all = loadedBy(file);
  for (const name of later) {
    const pattern = new RegExp(`import\\("\\./(${name}-\\w+\\.js)"\\)`);
    const found = [...all.values()].map((text) => pattern.exec(text)?.[1]).find((next) => next !== undefined);
    for (const [next, text] of loadedBy(found ?? `no import of ${name}`)) all.set(next, text);
  }
  return [...all.values()].join('');
}

it('the kernel opens its sockets before it has loaded what takes long to load', () => {
  const loaded = bundled('kernel.js', 'run-kernel');
  expect(loaded).toContain('new XPublisher');
  const builtIn = [...loaded.matchAll(/from ["'](node:[a-z_/]+)["']/g)].map(([, name]) => name);
  expect(new Set(builtIn)).toEqual(new Set(['node:fs', 'node:module', 'node:os', 'node:path', 'node:url']));
  expect(loaded).not.toContain('node_modules/zod');
  expect(loaded.length).toBeLessThan(40_000);
});

it('the kernel answers before it has loaded more than it needs for that', () => {
  const loaded = bundled('kernel.js', 'run-kernel', 'connection-file', 'kernel');
  expect(loaded).toContain('kernel_info_request');
  expect(loaded).not.toContain('node_modules/sanitize-html');
  expect(loaded.length).toBeLessThan(700_000);
});

it('of zod only what is used is bundled', () => {
  const loaded = bundled('kernel.js', 'run-kernel', 'connection-file');
  expect(loaded).toContain('zod/v4/locales/en.js');
  expect(loaded).not.toContain('zod/v4/locales/de.js');
});
