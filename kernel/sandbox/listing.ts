import type { Dirent } from 'node:fs';
import type { Variable } from './contract.ts';
import { Directory, walk } from './files/directory.ts';
import { humanSize, visible, visibleName } from './files/words.ts';

const maxEntries = 60;
const maxDepth = 3;
const maxRead = 2000;
const maxFound = 3;
const headerBytes = 400;
/** So many files are told with how they begin; where there are more, none is. */
const maxBeginnings = 10;
const beginningChars = 100;
const maxPath = 240;
/** Folders that hold what nobody wrote by hand. */
export const unlisted: ReadonlySet<string> = new Set(['node_modules', '__pycache__', 'replique-outputs']);

/**
 * What the workspace holds, one file a line with its size and, for tables, its columns: `sales.csv (1.2 kB; columns
 * date,region,amount)`. Bounded, hidden files and notebooks left out, links neither followed nor listed.
 * @param withBeginnings of few files also how each begins: for a model that nothing leaves this machine with
 */
export async function listWorkspace(directory: string, withBeginnings = false): Promise<string> {
  const lines: { readonly line: string; readonly beginning: string }[] = [];
  let more = 0;
  for await (const { parent, name, path } of visibleFiles(directory)) {
    if (lines.length < maxEntries) {
      const withBeginning = withBeginnings && lines.length < maxBeginnings;
      lines.push(await describe({ parent, name, path }, withBeginning));
    } else more += 1;
  }
  const shows = withBeginnings && lines.length + more <= maxBeginnings;
  return [
    ...lines.map(({ line, beginning }) => (shows ? line + beginning : line)),
    ...(more > 0 ? [`… and ${String(more)} more`] : []),
  ].join('\n');
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

interface VisibleFile {
  readonly parent: Directory;
  readonly name: string;
  readonly path: string;
}

/** Files that are worth telling of: no hidden ones, no notebooks. */
async function* visibleFiles(directory: string): AsyncGenerator<VisibleFile> {
  const root = await Directory.open(directory).catch(() => undefined);
  if (root === undefined) return;
  const isShown = ({ name }: Dirent): boolean => !name.startsWith('.') && !unlisted.has(name);
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

async function describe(
  { parent, name, path }: VisibleFile,
  withBeginning: boolean,
): Promise<{ readonly line: string; readonly beginning: string }> {
  const size = Number((await parent.status(name))?.size ?? 0);
  const isNamedTable = /\.[ct]sv$/i.test(name);
  const head = isNamedTable || withBeginning ? await textAtStart(parent, name) : undefined;
  const [first = '', ...rest] = head?.split(/\r?\n/) ?? [];
  const isTable = isNamedTable && first !== '';
  const shown = visibleName(path);
  const cut = shown.length > maxPath ? `${shown.slice(0, maxPath)}…` : shown;
  const text = (isTable ? rest.join('\n') : (head ?? '')).slice(0, beginningChars);
  const word = isTable ? 'first rows' : 'begins';
  return {
    line: `${cut} (${humanSize(size)}${isTable ? `; columns ${visible(first)}` : ''})`,
    beginning: text.trim() === '' ? '' : `, ${word} ${visible(JSON.stringify(text))}`,
  };
}

/** What a file begins with, where that is text. */
export async function textAtStart(
  parent: Directory,
  name: string,
  bytes = headerBytes,
): Promise<string | undefined> {
  const file = await parent.file(name);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    const text = buffer.toString('utf8', 0, bytesRead).replace(/\ufffd{1,3}$/, '');
    return /[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text) ? undefined : text;
  } finally {
    await file.close();
  }
}
