import { humanSize, visibleName } from '../../sandbox/files/words.ts';
import { walk, type Directory } from '../../sandbox/files/directory.ts';
import type { View } from './contract.ts';

const mostEntries = 2000;
const mostShown = 100;

/** What lies in a folder and one level below it, with sizes. */
export async function folderView(folder: Directory): Promise<View> {
  const lines: string[] = [];
  let count = 0;
  const unseen: string[] = [];
  for await (const { parent, entry, path } of walk(folder, {
    ...{ depth: 1, entries: mostEntries, onUnseen: ({ path }) => void unseen.push(path) },
  })) {
    count += 1;
    if (lines.length >= mostShown) continue;
    const inside = folder.path === '' ? path : path.slice(folder.path.length + 1);
    const name = visibleName(inside);
    if (entry.isDirectory()) lines.push(`${name}/`);
    else if (entry.isFile()) {
      lines.push(`${name} (${humanSize(Number((await parent.status(entry.name))?.size ?? 0))})`);
    } else lines.push(`${name} (no file)`);
  }
  const left = count - lines.length;
  const what = `folder, ${unseen.length === 0 ? '' : 'at least '}${count} ${count === 1 ? 'entry' : 'entries'}`;
  const rest = left > 0 ? [`[… ${left} entries left out …]`] : [];
  return { what, title: `a ${what}`, text: [...lines, ...rest].join('\n') || '(empty)' };
}
