import { lstatSync, existsSync, readlinkSync, constants, closeSync, openSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { repliqueError } from '../errors.ts';
import type { RootEntry } from './bubblewrap-args.ts';

/** O_PATH of fcntl.h, which Node has no name for; the same number on x64 and arm64. */
const O_PATH = 0o10000000;
const longestLinkChain = 40;

/** Directories that every sandbox has anyway. */
export const systemDirectories = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Whether `path` is `directory` or lies below it; both absolute, without links. */
export function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

/**
 * Opens the workspace so that what is mounted is what was checked.
 * @returns a descriptor, which the caller closes
 * @throws RepliqueError SANDBOX_UNAVAILABLE if it is no directory, or reached over a symbolic link
 */
export function openWorkspace(path: string): number {
  const unusable = (problem: string, cause?: unknown): Error =>
    repliqueError(
      'SANDBOX_UNAVAILABLE',
      { missing: `the workspace ${path} ${problem}.`, remedy: 'Start the kernel in another directory.' },
      { cause },
    );
  let fd: number;
  try {
    fd = openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    throw unusable(`can't be opened as a directory (${(error as NodeJS.ErrnoException).code ?? ''})`, error);
  }
  const real = readlinkSync(`/proc/self/fd/${fd}`);
  if (real === path) return fd;
  closeSync(fd);
  throw unusable(`is reached over a symbolic link, from ${real}`);
}

/** `/bin`, `/lib` and their like: links into /usr on most systems, directories on some. */
export function rootEntries(): readonly RootEntry[] {
  return ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) return { path, link: readlinkSync(path) };
    return stat?.isDirectory() ? { path } : [];
  });
}

/** The files of /proc that tell of the host and its devices, as far as this kernel has them. */
export function revealingProcFiles(): readonly string[] {
  const names = [
    'cmdline',
    'config.gz',
    'kallsyms',
    'kcore',
    'key-users',
    'keys',
    'modules',
    'sched_debug',
    'timer_list',
  ];
  return names.map((name) => `/proc/${name}`).filter((path) => existsSync(path));
}

/** The directories without those that lie in another one of them. */
export function outermost(directories: readonly string[]): readonly string[] {
  return [...new Set(directories)].filter(
    (path, _, all) => !all.some((other) => other !== path && isWithin(path, other)),
  );
}

/** Whether it lies in one of the directories. */
export function isCovered(file: string, directories: readonly string[]): boolean {
  return directories.some((directory) => isWithin(file, directory));
}

/** A path and what it links to, step by step: each step must be there inside too. */
export function linkChain(start: string): readonly string[] {
  const chain = [start];
  for (let at = start; chain.length < longestLinkChain; chain.push(at)) {
    try {
      at = resolve(dirname(at), readlinkSync(at));
    } catch {
      break;
    }
  }
  return chain;
}
