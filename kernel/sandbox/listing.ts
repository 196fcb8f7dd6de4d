import type { Dirent } from 'node:fs';
import type { Variable } from './contract.ts';
import { Directory, walk } from './files/directory.ts';

const maxEntries = 60;
const maxDepth = 3;
const maxRead = 2000;
const maxFound = 3;
const headerBytes = 400;
const maxPath = 240;
/** Controls that JSON leaves as they are, and characters that show as nothing or turn the text around them. */
const deceiving = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;
const left = new Set(['node_modules', '__pycache__', 'replique-outputs']);

/**
 * What the workspace holds, one file a line with its size and, for tables, its columns: `sales.csv (1.2 kB; columns
 * date,region,amount)`. Bounded, hidden files and notebooks left out, links neither followed nor listed.
 */
export async function listWorkspace(directory: string): Promise<string> {
  const lines: string[] = [];
  let more = 0;
  for await (const { parent, name, path } of visibleFiles(directory)) {
    if (lines.length < maxEntries) lines.push(await describe(parent, name, path));
    else more += 1;
  }
  if (more > 0) lines.push(`… and ${String(more)} more`);
  return lines.join('\n');
}

/** Where files of this name are, relative to the directory; a few at most. */
export async function filesNamed(directory: string, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const file of visibleFiles(directory)) {
    if (file.name === name) found.push(file.path);
    if (found.length === maxFound) break;
  }
  return found;
}

/** Names in memory, one a line: `sales: DataFrame of 62 rows, 3 columns: date, region, amount`. */
export function listVariables(variables: readonly Variable[]): string {
  return variables.map(({ name, value }) => `${name}: ${value.replace(/\s+/g, ' ')}`).join('\n');
}

/** Files that are worth telling of: no hidden ones, no notebooks. */
async function* visibleFiles(
  directory: string,
): AsyncGenerator<{ parent: Directory; name: string; path: string }> {
  const root = await Directory.open(directory).catch(() => undefined);
  if (root === undefined) return;
  const isShown = ({ name }: Dirent): boolean => !name.startsWith('.') && !left.has(name);
  try {
    for await (const { parent, entry, path } of walk(root, {
      depth: maxDepth,
      entries: maxRead,
      enters: ({ entry }) => isShown(entry),
    })) {
      if (entry.isFile() && isShown(entry) && !entry.name.endsWith('.ipynb')) {
        yield { parent, name: entry.name, path };
      }
    }
  } catch {
    // What can't be read is not told of.
  } finally {
    await root.close();
  }
}

async function describe(parent: Directory, name: string, path: string): Promise<string> {
  const size = Number((await parent.status(name))?.size ?? 0);
  const columns = /\.[ct]sv$/i.test(name) ? await firstLine(parent, name) : undefined;
  const shown = plain(JSON.stringify(path).slice(1, -1));
  const cut = shown.length > maxPath ? `${shown.slice(0, maxPath)}…` : shown;
  return `${cut} (${humanSize(size)}${columns === undefined ? '' : `; columns ${plain(columns)}`})`;
}

/** Text whose reader sees all of it. */
function plain(text: string): string {
  return text.replace(deceiving, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

async function firstLine(parent: Directory, name: string): Promise<string | undefined> {
  const file = await parent.file(name);
  if (!file) return undefined;
  try {
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
