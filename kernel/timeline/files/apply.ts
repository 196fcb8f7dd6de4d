import type { FileChange, FileDelta, FileEntry, LeftFile } from './contract.ts';
import { enter, split, type Folder } from './folder.ts';
import { isOurs } from './ignored.ts';
import { directoryKnown, markOf, sameEntry, type Known } from './known.ts';
import { Pause } from './pause.ts';
import { destination, waysOf, type Way } from './plan.ts';
import { Left, makeFolder, put, remove, removeFolder, type Contents } from './put.ts';
import { readEntry } from './read.ts';
import { differenceOf, gone, notOurs, reasonOf, special } from './reasons.ts';

/** What is to be done at one path. */
interface Action {
  readonly path: string;
  readonly present: Known | undefined;
  readonly target: FileEntry | undefined;
}

export interface Applied {
  /** What is known of each path that was changed; undefined: it is gone. */
  readonly known: ReadonlyMap<string, Known | undefined>;
  readonly left: readonly LeftFile[];
}

/**
 * Takes deltas back and does others again, one path after the other: what goes wrong at one is said and leaves the
 * others alone. Every path is reached from the root step by step and through no link.
 */
export async function apply(
  root: Folder,
  undo: readonly FileDelta[],
  redo: readonly FileDelta[],
  contents: Contents,
  announce: (planned: FileDelta) => Promise<void> = () => Promise.resolve(),
): Promise<Applied> {
  const left = new Map<string, string>();
  const actions: Action[] = [];
  const planned = new Map<string, FileChange>();
  const pause = new Pause();
  const leave = (path: string, error: unknown): void =>
    void left.set(path, error instanceof Left ? error.message : reasonOf(error));
  for (const [path, way] of [...waysOf(undo, redo)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    try {
      const present = await look(root, path, contents);
      planned.set(path, { path, before: present?.entry, after: present?.entry });
      const action = await decide(root, path, way, present, contents, (reason) => left.set(path, reason));
      if (action === undefined) continue;
      planned.set(path, { path, before: present?.entry, after: action.target });
      actions.push(action);
    } catch (error) {
      leave(path, error);
    }
    if (pause.isDue) await pause.take();
  }
  await announce([...planned.values()]);
  const known = new Map<string, Known | undefined>();
  const failed = new Set<string>();
  for (const { of, act } of phases(contents)) {
    for (const action of of(actions)) {
      const { path, target } = action;
      if (failed.has(path)) continue;
      try {
        await within(root, path, async (folder, name) => {
          await act(folder, name, action);
          const status = folder.status(name);
          known.set(path, status && target && knownOf(markOf(status), target));
        });
      } catch (error) {
        failed.add(path);
        leave(path, error);
      }
      if (pause.isDue) await pause.take();
    }
  }
  for (const { path, present } of actions)
    if (failed.has(path) && present && isClosed(present)) await setMode(root, path, present.entry.mode);
  return {
    known,
    left: [...left].map(([path, reason]) => ({ path, reason })).sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

interface Phase {
  /** Those it is about, parents before children. */
  readonly of: (actions: readonly Action[]) => readonly Action[];
  readonly act: (folder: Folder, name: string, action: Action) => void | Promise<void>;
}

/** First what is in the way is removed, then what is missing is made; folders are closed last. */
const phases = (contents: Contents): readonly Phase[] => [
  {
    of: (all) => all.filter(({ present, target }) => present && !isFolder(present.entry) && !isPut(target)),
    act: (folder, name, { present }) => present && remove(folder, name, present, contents),
  },
  {
    of: (all) =>
      all.filter(({ present, target }) => isFolder(present?.entry) && !isFolder(target)).toReversed(),
    act: removeFolder,
  },
  {
    of: (all) => all.filter(({ present, target }) => isFolder(target) && !isFolder(present?.entry)),
    act: makeFolder,
  },
  {
    of: (all) => all.filter(({ target }) => isPut(target)),
    act: (folder, name, { present, target }) =>
      target && put(folder, name, isFolder(present?.entry) ? undefined : present, target, contents),
  },
  {
    of: (all) => all.filter(({ target }) => isFolder(target)).toReversed(),
    act: (folder, name, { target }) => {
      folder.setMode(name, (target?.mode ?? 0) & 0o777);
    },
  },
];

const ownerRights = 0o700;
const isFolder = (entry: FileEntry | undefined): boolean => entry?.kind === 'directory';
const isClosed = ({ entry }: Known): boolean => isFolder(entry) && (entry.mode & ownerRights) !== ownerRights;

async function setMode(root: Folder, path: string, mode: number): Promise<void> {
  await within(root, path, (folder, name) => {
    folder.setMode(name, mode);
  }).catch(() => undefined);
}

async function within<T>(
  root: Folder,
  path: string,
  action: (folder: Folder, name: string) => T | Promise<T>,
): Promise<T> {
  const [parent, name] = split(path);
  const { folder, close } = enter(root, parent);
  try {
    return await action(folder, name);
  } finally {
    close();
  }
}

const isPut = (target: FileEntry | undefined): boolean => target !== undefined && !isFolder(target);

/** It was written a moment ago: its mark proves nothing yet. */
const knownOf = (mark: Known['mark'], entry: FileEntry): Known =>
  isFolder(entry) ? directoryKnown(mark) : { mark, entry, isFresh: true };

/**
 * What is to be done at a path, by what is there. A folder that is closed to its owner is opened for it.
 * @throws Left, or what the system says, where it can't be told
 */
async function decide(
  root: Folder,
  path: string,
  way: Way,
  present: Known | undefined,
  contents: Contents,
  leave: (reason: string) => void,
): Promise<Action | undefined> {
  if (sameEntry(present?.entry, way.wanted)) return undefined;
  const target = destination(present?.entry, way);
  if (!sameEntry(target, way.wanted)) leave(differenceOf(present?.entry, way.expected));
  if (sameEntry(target, present?.entry)) return undefined;
  const isKept = isFolder(target) || target === undefined || contents.store.has(target.hash);
  if (!isKept || present?.unkept !== undefined) throw new Left(gone);
  if (present && isClosed(present)) await setMode(root, path, present.entry.mode | ownerRights);
  return { path, present, target };
}

/** @throws Left, or what the system says, where it can't be told what is there, or that is nobody's here */
export async function look(
  root: Folder,
  path: string,
  { store, inUse }: Contents,
): Promise<Known | undefined> {
  if (!isOurs(path)) throw new Left(notOurs);
  try {
    return await within(root, path, async (folder, name) => {
      const known = await readEntry(folder, name, store, inUse);
      if (known === undefined && folder.status(name) !== undefined) throw new Left(special);
      return known;
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
