import { unlinkSync } from 'node:fs';
import { enter, type Folder } from './folder.ts';
import { draftForm, isIgnored, mostPath } from './ignored.ts';
import { directoryKnown, kindOf, markOf, nowNs, sameMark, type Known, type Mark } from './known.ts';
import { Pause } from './pause.ts';

/** As many entries of the workspace are looked at, as deep, for as long. */
const bounds = { entries: 20_000, depth: 64, milliseconds: 5_000 };
const oldDraft = 60_000_000_000n;
const perPause = 128;

/** A file or link that is not known as it is now. */
export interface Unknown {
  readonly path: string;
  readonly mark: Mark;
  readonly kind: 'file' | 'link';
  /** What was known of it while it had the same mark. */
  readonly was?: Known;
}

/** What a look at the workspace found. */
export interface Seen {
  readonly known: Map<string, Known>;
  readonly unknown: readonly Unknown[];
  /** The directories all of whose names were seen; empty text for the workspace. */
  readonly whole: ReadonlySet<string>;
  /** The first path that was too much, or too deep. */
  readonly beyond: string | undefined;
  /** Directories that can't be looked into. */
  readonly closed: readonly string[];
}

/**
 * Looks at all of a workspace, what lies less deep first, by its marks only.
 * @param before what is known: an entry whose mark is the same is taken from it
 */
export async function scan(root: Folder, before: ReadonlyMap<string, Known>): Promise<Seen> {
  const known = new Map<string, Known>();
  const unknown: Unknown[] = [];
  const whole = new Set<string>();
  const closed: string[] = [];
  let beyond: string | undefined;
  const pause = new Pause();
  const began = performance.now();
  const draftsUntil = nowNs() - oldDraft;
  let left = bounds.entries;
  const unlisted = (path: string, error: unknown): void => {
    if (isVanished(error)) known.delete(path);
    else closed.push(path);
  };
  const queue: { readonly path: string; readonly depth: number }[] = [{ path: '', depth: 0 }];
  for (const { path: parent, depth } of queue) {
    if (left <= 0 || depth > bounds.depth || performance.now() - began > bounds.milliseconds) {
      beyond ??= parent;
      continue;
    }
    let opened: ReturnType<typeof enter>;
    let listed: ReturnType<Folder['names']>;
    try {
      opened = enter(root, parent);
    } catch (error) {
      unlisted(parent, error);
      continue;
    }
    const { folder } = opened;
    try {
      listed = folder.names(left);
      if (listed.isAll) whole.add(parent);
      else beyond ??= parent;
      for (const [at, name] of listed.names.entries()) {
        if (at % perPause === perPause - 1 && pause.isDue) await pause.take();
        if (isIgnored(parent, name)) {
          if (draftForm.test(name)) removeDraft(folder, name, draftsUntil);
          continue;
        }
        left -= 1;
        const status = folder.status(name);
        const kind = status && kindOf(status);
        if (status === undefined || kind === undefined) continue;
        const path = parent === '' ? name : `${parent}/${name}`;
        if (path.length > mostPath) {
          beyond ??= parent;
          continue;
        }
        const old = before.get(path);
        if (kind === 'directory') {
          known.set(
            path,
            old?.entry.kind === kind && sameMark(old.mark, status) ? old : directoryKnown(markOf(status)),
          );
          queue.push({ path, depth: depth + 1 });
          continue;
        }
        const was = old !== undefined && sameMark(old.mark, status) ? old : undefined;
        if (was?.isFresh === false) known.set(path, was);
        else unknown.push({ path, mark: markOf(status), kind, ...(was && { was }) });
      }
    } catch (error) {
      whole.delete(parent);
      unlisted(parent, error);
    } finally {
      opened.close();
    }
    if (pause.isDue) await pause.take();
  }
  return { known, unknown, whole, beyond, closed };
}

/** Whether it was removed, or became something else, since its name was seen. */
const isVanished = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');

/** What an earlier kernel that was killed while it wrote has left. */
function removeDraft(folder: Folder, name: string, until: bigint): void {
  try {
    const status = folder.status(name);
    if (status === undefined || status.isDirectory() || status.ctimeNs > until) return;
    unlinkSync(folder.at(name));
  } catch {
    // Left where it is.
  }
}
