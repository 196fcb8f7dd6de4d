import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const packages = ['package.json', 'package-lock.json'];
const built = [
  'extension',
  'kernel',
  'server',
  'tests/bench',
  'tests/chaos',
  'tests/timeline',
  'tests/eval',
  'tests/fuzz',
  'tests/kills',
  'tests/security',
  'tests/support',
  'tests/integration/wire-client.ts',
  'tests/unit/router/client.ts',
  ...packages,
];
const tested = [
  'extension',
  'kernel',
  'server',
  'kernelspec',
  'notebooks',
  'tests',
  'docs',
  'vitest.config.ts',
  ...packages,
];

function* filesBelow(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    if (existsSync(path)) yield path;
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === '__pycache__') continue;
    if (entry.isDirectory()) yield* filesBelow(join(path, entry.name));
    else yield join(path, entry.name);
  }
}

function hashOf(root, sources) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of filesBelow(join(root, source))) {
      hash
        .update(`${file.slice(root.length)}\0`)
        .update(readFileSync(file))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/** SHA-256 over names and contents of everything the build reads. */
export const sourceHash = (root) => hashOf(root, built);

/** SHA-256 over names and contents of everything the tests read. */
export const testedHash = (root) => hashOf(root, tested);

const stampFile = (root) => join(root, 'dist', '.sources');

/** Was dist/ built from the sources as they are now? */
export function isBuilt(root) {
  try {
    return readFileSync(stampFile(root), 'utf8') === sourceHash(root);
  } catch {
    return false;
  }
}
