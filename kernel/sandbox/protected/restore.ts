import { randomBytes } from 'node:crypto';
import { constants, type PathLike } from 'node:fs';
import { mkdir, open, rename, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { Directory } from '../files/directory.ts';
import { isProtectedFile } from './names.ts';
import { markOf, type Entry, type Seen } from './record.ts';

/** What became of one protected entry that a helper had changed. */
export interface Undone {
  readonly path: string;
  readonly how: 'put back' | 'removed' | 'not undone';
}

/** Is given what a helper had written, before it is undone; tells whether it is kept. */
export type SetAside = (path: string, content: Buffer) => Promise<boolean>;

export interface RestoreOptions {
  /** When the helper began, in nanoseconds. */
  readonly began: bigint;
  readonly setAside: SetAside;
}

/**
 * Makes the protected entries of a workspace what they were. Nothing is reached through a link; what stands in the way
 * of an entry, or is not kept elsewhere, is moved aside, beside it, under a name that no program looks for.
 */
export async function restore(
  workspace: string,
  before: Seen,
  after: Seen,
  { began, setAside }: RestoreOptions,
): Promise<readonly Undone[]> {
  const undone: Undone[] = [];
  const removed = new Set<string>();
  const fresh = [...after.entries.values()].filter(({ path }) => !before.entries.has(path)).sort(byPath);
  const old = [...before.entries.values()].sort(byPath);
  if (fresh.length === 0 && old.every((was) => isSame(was, after.entries.get(was.path)))) return [];
  const root = await Directory.open(workspace);
  try {
    await disarm(
      root,
      fresh.filter((is) => !isOlder(is, before, began)),
    );
    // What is new before what it may stand in the way of, directories before what is in them.
    for (const { path } of [...fresh, ...old]) {
      const [was, is] = [before.entries.get(path), after.entries.get(path)];
      if (isSame(was, is) || (was === undefined && isBelowOne(path, removed))) continue;
      if (was === undefined && is !== undefined && isOlder(is, before, began)) {
        if (is.status.ctimeNs >= began && is.kind !== 'directory') undone.push({ path, how: 'not undone' });
        continue;
      }
      const isLost = is === undefined || (is.kind === 'file' && !(await keep(is, setAside)));
      const how = await undo(root, path, was, isLost).catch(() => 'not undone' as const);
      if (how === 'removed') removed.add(path);
      if (how !== 'intact') undone.push({ path, how });
    }
  } finally {
    await root.close();
  }
  return undone.filter(
    ({ path, how }) => how !== 'put back' || before.entries.get(path)?.kind !== 'directory',
  );
}

const byPath = (one: Entry, other: Entry): number => (one.path < other.path ? -1 : 1);

const keep = async ({ path, content }: Entry, setAside: SetAside): Promise<boolean> =>
  content !== undefined && (await setAside(path, content).catch(() => false));

/** A directory that is moved aside is no longer protected: neither may anything in it be what programs obey. */
async function disarm(root: Directory, fresh: readonly Entry[]): Promise<void> {
  const directories = new Set(fresh.filter(({ kind }) => kind === 'directory').map(({ path }) => path));
  for (const { path } of [...fresh].reverse()) {
    const name = basename(path);
    if (!isProtectedFile(name) || !isBelowOne(path, directories)) continue;
    const parent = await enter(root, dirname(path), false).catch(() => undefined);
    if (parent === undefined) continue;
    await parent.writing(() => moveAside(parent, name)).catch(() => undefined);
    if (parent !== root) await parent.close();
  }
}

/** Whether an entry that was not seen before may have been there all the same, where nobody had looked. */
function isOlder({ path, status }: Entry, { skipped }: Seen, began: bigint): boolean {
  const parts = path.split(sep);
  return status.birthtimeNs < began && parts.some((_, at) => skipped.has(parts.slice(0, at).join(sep)));
}

function isSame(was: Entry | undefined, is: Entry | undefined): boolean {
  if (was === undefined || is === undefined) return false;
  if (was.mark === is.mark) return true;
  if (was.kind !== is.kind || was.status.mode !== is.status.mode) return false;
  return was.kind === 'directory' || (was.content !== undefined && is.content?.equals(was.content) === true);
}

function isBelowOne(path: string, directories: ReadonlySet<string>): boolean {
  for (let at = dirname(path); at !== '.'; at = dirname(at)) if (directories.has(at)) return true;
  return false;
}

/** @param isLost nobody else keeps what is there now */
async function undo(
  root: Directory,
  path: string,
  was: Entry | undefined,
  isLost: boolean,
): Promise<Undone['how'] | 'intact'> {
  const parent = await enter(root, dirname(path), was !== undefined);
  if (parent === undefined) return 'not undone';
  try {
    const name = basename(path);
    if (was === undefined) {
      await parent.writing(() => (isLost ? moveAside(parent, name) : remove(parent, name)));
      return 'removed';
    }
    const present = await parent.status(name);
    if (present !== undefined && markOf(present) === was.mark) return 'intact';
    return (await parent.writing(() => putBack(parent, name, was, isLost))) ? 'put back' : 'not undone';
  } finally {
    if (parent !== root) await parent.close();
  }
}

/** The directory of a path, step by step; what is missing, or is none, is made where that is wanted. */
async function enter(root: Directory, path: string, makes: boolean): Promise<Directory | undefined> {
  let at = root;
  for (const name of path === '.' ? [] : path.split(sep)) {
    let next = await at.directory(name);
    if (next === undefined && makes) {
      const around = at;
      await at.writing(async () => {
        await moveAside(around, name);
        await mkdir(around.at(name), 0o755);
      });
      next = await at.directory(name);
    }
    if (at !== root) await at.close();
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

async function remove(parent: Directory, name: string): Promise<void> {
  const status = await parent.status(name);
  if (status?.isDirectory()) await moveAside(parent, name);
  else if (status !== undefined) await unlink(parent.at(name));
}

/** Characters of three bytes at most: a name may have 255 of these. */
const longestStem = 70;

async function moveAside(parent: Directory, name: string): Promise<void> {
  if ((await parent.status(name)) === undefined) return;
  const aside = `${name.slice(0, longestStem)}.set-aside-${randomBytes(4).toString('hex')}`;
  await rename(parent.at(name), parent.at(aside));
}

async function putBack(
  parent: Directory,
  name: string,
  { kind, status, content }: Entry,
  isLost: boolean,
): Promise<boolean> {
  const mode = Number(status.mode & 0o777n);
  const present = await parent.status(name);
  if (kind === 'directory') {
    if (present?.isDirectory() !== true) {
      await moveAside(parent, name);
      await mkdir(parent.at(name), mode);
    }
    await parent.setMode(name, mode);
    return true;
  }
  if (content === undefined) return false;
  if (isLost || present?.isDirectory() === true) await moveAside(parent, name);
  const draft = parent.at(`.replique-${randomBytes(6).toString('hex')}`);
  if (kind === 'link') await symlink(content, draft);
  else await writeDraft(draft, content, mode, status);
  await rename(draft, parent.at(name));
  return true;
}

async function writeDraft(
  path: PathLike,
  content: Buffer,
  mode: number,
  status: Entry['status'],
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(content);
    if (process.getuid?.() === 0) await file.chown(Number(status.uid), Number(status.gid));
    await file.chmod(mode);
    await file.utimes(Number(status.atimeMs) / 1000, Number(status.mtimeMs) / 1000);
  } finally {
    await file.close();
  }
}
