import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { randomBytes } from 'node:crypto';

const folder = 'replique-outputs';
/** Texts that are kept in a session. */
const mostTexts = 500;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** A file that the kernel writes in the workspace. */
export interface KeptFile {
  /** Relative to the workspace. */
  readonly path: string;
  write(data: string | Buffer): void;
  close(): void;
}

/**
 * Makes new files in a folder of the workspace, where code may have put anything in the way: each step is taken from
 * the directory before it, no link is followed, and nothing that exists is opened. Linux only: elsewhere there is no
 * way to take such steps from Node.
 */
export class KeptFiles {
  readonly #workspace: string;
  #texts = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** Writes a text into a new file; returns its path, or undefined where it can't be made. */
  keepText(name: string, text: string): string | undefined {
    if (this.#texts >= mostTexts) return undefined;
    this.#texts += 1;
    const file = this.create(name, 'txt');
    file?.write(text);
    file?.close();
    return file?.path;
  }

  /** A new file, owned as the workspace is; undefined where it can't be made. */
  create(name: string, extension: string): KeptFile | undefined {
    if (process.platform !== 'linux') return undefined;
    const open: number[] = [];
    try {
      const workspace = openSync(this.#workspace, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      open.push(workspace);
      const owner = fstatSync(workspace);
      const isNew = makeFolder(workspace);
      const directory = openSync(within(workspace, folder), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      open.push(directory);
      if (isNew) give(directory, owner);
      const file = `${name}-${randomBytes(3).toString('hex')}.${extension}`;
      const descriptor = openSync(within(directory, file), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
      give(descriptor, owner);
      return keptFile(descriptor, `${folder}/${file}`);
    } catch {
      return undefined;
    } finally {
      for (const descriptor of open) closeSync(descriptor);
    }
  }
}

const within = (directory: number, name: string): string => `/proc/self/fd/${directory}/${name}`;

/** Whether there was none. */
function makeFolder(workspace: number): boolean {
  try {
    mkdirSync(within(workspace, folder), 0o755);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** To whom the workspace belongs, where the kernel runs as root. */
function give(descriptor: number, { uid, gid }: Stats): void {
  if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid);
}

/** A disk that is full ends the writing, not the kernel. */
function keptFile(descriptor: number, path: string): KeptFile {
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  const write = (data: string | Buffer): void => {
    try {
      const bytes = Buffer.from(data as string);
      for (let at = 0; isOpen && at < bytes.length;) at += writeSync(descriptor, bytes, at);
    } catch {
      close();
    }
  };
  return { path, close, write };
}
