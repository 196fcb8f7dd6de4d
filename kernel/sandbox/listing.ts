import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Variable } from './contract.ts';

const maxEntries = 60;
const maxDepth = 3;
const maxRead = 2000;
const maxFound = 3;
const headerBytes = 400;
const left = new Set(['node_modules', '__pycache__']);

/**
 * What the workspace holds, one file a line with its size and, for tables, its columns: `sales.csv (1.2 kB; columns
 * date,region,amount)`. Bounded, hidden files and notebooks left out, links neither followed nor listed.
 */
export async function listWorkspace(directory: string): Promise<string> {
  const lines: string[] = [];
  const budget = { entries: maxRead };
  let more = 0;
  for await (const path of walk(directory, '', 0, budget)) {
    if (lines.length < maxEntries) lines.push(await describe(directory, path));
    else more += 1;
  }
  if (more > 0) lines.push(`… and ${String(more)} more`);
  return lines.join('\n');
}

/** Where files of this name are, relative to the directory; a few at most. */
export async function filesNamed(directory: string, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of walk(directory, '', 0, { entries: maxRead })) {
    if (basename(path) === name) found.push(path);
    if (found.length === maxFound) break;
  }
  return found;
}

/** Names in memory, one a line: `sales: DataFrame of 62 rows, 3 columns: date, region, amount`. */
export function listVariables(variables: readonly Variable[]): string {
  return variables.map(({ name, value }) => `${name}: ${value.replace(/\s+/g, ' ')}`).join('\n');
}

async function* walk(
  root: string,
  folder: string,
  depth: number,
  budget: { entries: number },
): AsyncGenerator<string> {
  const entries: Dirent[] = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
  entries.sort((a, b) => Number(a.isDirectory()) - Number(b.isDirectory()) || (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    budget.entries -= 1;
    if (budget.entries < 0) return;
    if (entry.name.startsWith('.') || left.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isFile() && !entry.name.endsWith('.ipynb')) yield path;
    if (entry.isDirectory() && depth < maxDepth) yield* walk(root, path, depth + 1, budget);
  }
}

async function describe(root: string, path: string): Promise<string> {
  const { size } = await lstat(join(root, path)).catch(() => ({ size: 0 }));
  const columns = /\.[ct]sv$/i.test(path) ? await firstLine(join(root, path)) : undefined;
  const name = JSON.stringify(path).slice(1, -1);
  return `${name} (${humanSize(size)}${columns === undefined ? '' : `; columns ${columns}`})`;
}

/** The first line of a regular file, opened without following a link or waiting for a pipe. */
async function firstLine(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    const line = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1)[0] ?? '';
    return line === '' || /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(line) ? undefined : line;
  } finally {
    await file.close();
  }
}

function humanSize(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1] ?? ''}`;
}
