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

it('the kernel answers before it has loaded more than it needs for that', () => {
  const main = [...loadedBy('kernel.js')];
  const later = /import\("\.\/(kernel-[\w]+\.js)"\)/.exec(main[0]?.[1] ?? '')?.[1] ?? '';
  const loaded = [...new Map([...main, ...loadedBy(later)]).values()].join('');
  expect(loaded).toContain('kernel_info_request');
  expect(loaded).not.toContain('node_modules/sanitize-html');
  expect(loaded.length).toBeLessThan(700_000);
});

it('of zod only what is used is bundled', () => {
  const loaded = [...loadedBy('kernel.js').values()].join('');
  expect(loaded).toContain('zod/v4/locales/en.js');
  expect(loaded).not.toContain('zod/v4/locales/de.js');
});
