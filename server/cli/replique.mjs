#!/usr/bin/env node
// The command `replique`. In a checkout it builds what is missing first; the published package has the built program alone.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = join(root, 'dist', 'replique.js');

const preparation = join(root, 'server', 'cli', 'dev', 'ready.mjs');
if (existsSync(preparation)) {
  const { ensureRunnable, ensureBuilt } = await import(pathToFileURL(preparation));
  ensureRunnable();
  await ensureBuilt(root);
}
process.argv[1] = program;
await import(pathToFileURL(program));
