import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileEntry } from './contract.ts';

/** What tells one state of an entry from the next without reading it. */
export interface Mark {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mode: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Why a content was not kept. */
export type Unkept = 'large' | 'unreadable' | 'unsteady' | 'later' | 'full';

/** An entry of the workspace as it was last looked at. */
export interface Known {
  readonly mark: Mark;
  readonly entry: FileEntry;
  /** It was read so soon after its last change that the next change could leave the same mark: the mark proves nothing. */
  readonly isFresh: boolean;
  readonly unkept?: Unkept;
}

export const markOf = ({ dev, ino, size, mode, mtimeNs, ctimeNs }: BigIntStats): Mark => ({
  ...{ dev, ino, size, mode, mtimeNs, ctimeNs },
});

export const permissionsOf = (mode: bigint): number => Number(mode & 0o777n);

export function sameMark(a: Mark, b: Mark): boolean {
  return (
    a.ino === b.ino &&
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  );
}

const perSecond = 1_000_000_000n;
/** Clocks of files tick every 10 ms at the slowest, or every two seconds where only whole ones are kept (FAT). */
const tick = 50_000_000n;
const coarseTick = 2_100_000_000n;

/** @param now when it was read, in nanoseconds */
export function isFresh({ ctimeNs, mtimeNs }: Mark, now: bigint): boolean {
  const isCoarse = ctimeNs % perSecond === 0n && mtimeNs % perSecond === 0n;
  return ctimeNs >= now - (isCoarse ? coarseTick : tick);
}

export const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

export const hashOf = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex');

const hashOfNothing = hashOf('');

export function kindOf(status: BigIntStats): FileEntry['kind'] | undefined {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  return status.isSymbolicLink() ? 'link' : undefined;
}

export const directoryKnown = (mark: Mark): Known => ({
  mark,
  entry: { hash: hashOfNothing, kind: 'directory', mode: permissionsOf(mark.mode), size: 0, kept: true },
  isFresh: false,
});

/** What is known of a file or link that was not read. */
export function unread(mark: Mark, kind: 'file' | 'link', unkept: Unkept): Known {
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = mark;
  const hash = hashOf(`unread ${[dev, ino, size, mode, mtimeNs, ctimeNs].join(' ')}`);
  const entry: FileEntry = { hash, kind, mode: permissionsOf(mode), size: Number(size), kept: false };
  return { mark, entry, isFresh: false, unkept };
}

/** Whether both are the same thing: kind, content and permissions. */
export function sameEntry(a: FileEntry | undefined, b: FileEntry | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === b.kind && a.hash === b.hash && (a.kind === 'link' || a.mode === b.mode);
}
