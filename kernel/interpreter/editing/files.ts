import type { Sources, Suggestions } from './contract.ts';
import type { WordPlace } from './place.ts';

type FilePlace = Extract<WordPlace, { kind: 'file' }>;

const longestPath = 1024;
const plainPath = /^[\p{L}\p{N}\p{M}_.\-~/+]*$/u;
const plainPathFrom = /[\p{L}\p{N}\p{M}_.\-~/+]*/uy;

/** Files of the workspace; those whose path is more than letters, digits and `_.-~/+` in quotes. */
export async function completeFile(
  { files }: Sources,
  { path, start, inQuotes }: FilePlace,
  next: string | undefined,
): Promise<Suggestions> {
  const found = await files.beginning(path);
  const items = found.map((each) => {
    const isFolder = each.endsWith('/');
    const kind = isFolder ? 'folder' : 'file';
    if (!inQuotes && plainPath.test(each)) return { text: `@${each}`, kind };
    return { text: `@"${each}${isFolder || (inQuotes && next === '"') ? '' : '"'}`, kind };
  });
  return { start, items };
}

/** A file's size and first lines. The path goes on behind the cursor. */
export async function inspectFile(
  { files, clean }: Sources,
  place: FilePlace,
  source: string,
  index: number,
): Promise<string | undefined> {
  const path = place.path + restOf(place, source, index);
  if (path.length > longestPath) return undefined;
  const found = (await files.glance(path)) ?? (await files.glance(path.replace(/\.+$/, '')));
  return found === undefined ? undefined : clean(found);
}

function restOf({ inQuotes }: FilePlace, source: string, index: number): string {
  if (inQuotes) return /^[^"\n]*/.exec(source.slice(index))?.[0] ?? '';
  plainPathFrom.lastIndex = index;
  return plainPathFrom.exec(source)?.[0] ?? '';
}
