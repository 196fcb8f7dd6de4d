import type { FileVersion } from '../contents/pending.ts';

interface Known {
  /** As the file is. */
  readonly file: FileVersion;
  /** As clients know it, where it is another. */
  readonly shown?: Pick<FileVersion, 'hash' | 'mtimeMs'> | undefined;
}

/**
 * The versions of notebooks that this server has written. What it adds to a notebook on its own is no change for the pages that
 * show it: they are told of the version that they know, and may save; theirs is merged then.
 */
export class Versions {
  readonly #known = new Map<string, Known>();

  get(path: string): Known | undefined {
    return this.#known.get(path);
  }

  set(path: string, known: Known): void {
    this.#known.set(path, known);
  }

  delete(path: string): void {
    this.#known.delete(path);
  }

  /** What clients are told of a file; nothing where it is as somebody else has left it. */
  shown(
    path: string,
    { hash, mtimeMs, size }: Omit<FileVersion, 'hash'> & { hash?: string },
  ): Partial<FileVersion> {
    const known = this.#known.get(path);
    if (known?.shown === undefined) return {};
    const { file, shown } = known;
    const isOurs =
      file.mtimeMs === mtimeMs && file.size === size && (hash === undefined || hash === file.hash);
    return isOurs ? shown : {};
  }

  /** Whether somebody else has written a file since that moment. */
  wasWrittenSince(path: string, { hash, mtimeMs }: FileVersion, since: number): boolean {
    return mtimeMs > since && this.#known.get(path)?.file.hash !== hash;
  }
}
