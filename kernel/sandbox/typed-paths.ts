import type { Dirent } from 'node:fs';
import type { WorkspaceFiles } from './files/contract.ts';
import { Directory, walk } from './files/directory.ts';
import { isExact } from './files/names.ts';
import { humanSize, visible } from './files/words.ts';
import { textAtStart, unlisted } from './listing.ts';

const mostRead = 5000;
const mostFound = 100;
const mostLooked = 2000;
const deepest = 3;
const mostParts = 32;
const beginningBytes = 2000;
const beginningLines = 12;
/** A name that can't be written in quotes, or whose reader does not see all of it. */
const unwritable = /["\u0000-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * The files of a workspace for one who types their paths. Each is reached one folder at a time and never through a link;
 * what begins with a dot is neither told of nor opened.
 */
export function typedPaths(workspace: string): WorkspaceFiles {
  return {
    beginning: (path) =>
      inFolder(workspace, path, async (folder, name) => {
        const found = here(await folder.some(mostRead), name, folder.path);
        return found.length > 0 || folder.path !== '' || name === '' ? found : below(folder, name);
      }).then((found) => found ?? []),
    glance: (path) => inFolder(workspace, path, describe),
  };
}

/** Does something with the folder that a path leads to, and the last name of it; `undefined` where there is none. */
async function inFolder<T>(
  workspace: string,
  path: string,
  action: (folder: Directory, name: string) => Promise<T>,
): Promise<T | undefined> {
  const parts = path.replace(/^\.\//, '').split('/');
  const name = parts.pop() ?? '';
  if (parts.length > mostParts || [name, ...parts].some((part) => part.startsWith('.'))) return undefined;
  const opened: Directory[] = [];
  try {
    let folder: Directory | undefined = await Directory.open(workspace);
    opened.push(folder);
    for (const part of parts) {
      folder = part === '' || !isExact(part) ? undefined : await folder.directory(part);
      if (folder === undefined) return undefined;
      opened.push(folder);
    }
    return await action(folder, name);
  } catch {
    return undefined;
  } finally {
    await Promise.all(opened.map((folder) => folder.close()));
  }
}

function here(entries: readonly Dirent[], name: string, folder: string): readonly string[] {
  return entries
    .filter((entry) => entry.name.startsWith(name) && isOffered(entry))
    .map((entry) => `${folder === '' ? '' : `${folder}/`}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort()
    .slice(0, mostFound);
}

/** Files in folders, found by the beginning of their names. */
async function below(root: Directory, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  const options = {
    depth: deepest,
    entries: mostLooked,
    enters: ({ entry }: { entry: Dirent }) => isOffered(entry),
  };
  for await (const { entry, path } of walk(root, options)) {
    if (entry.isFile() && entry.name.startsWith(name) && isOffered(entry) && !unwritable.test(path))
      found.push(path);
    if (found.length === mostFound) break;
  }
  return found;
}

const isOffered = (entry: Dirent): boolean =>
  (entry.isFile() || entry.isDirectory()) &&
  !entry.name.startsWith('.') &&
  !unlisted.has(entry.name) &&
  isExact(entry.name) &&
  !unwritable.test(entry.name);

async function describe(folder: Directory, name: string): Promise<string | undefined> {
  const file = isExact(name) ? await folder.file(name) : undefined;
  if (file === undefined) return undefined;
  const { size } = await file.stat().finally(() => file.close());
  const text = await textAtStart(folder, name, beginningBytes);
  const shownPath = visible(folder.path === '' ? name : `${folder.path}/${name}`);
  const line = `${shownPath}: ${humanSize(size)}`;
  if (text === undefined) return `${line}, not text`;
  if (text === '') return line;
  const lines = text.split(/\r?\n/);
  const first = visible(lines.slice(0, beginningLines).join('\n'));
  return `${line}\n\n${first}${lines.length > beginningLines || size > beginningBytes ? '\n…' : ''}`;
}
