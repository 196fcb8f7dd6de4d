import { statSync } from 'node:fs';

/** A path, and a mark of the directory that stands there: one that is made anew has another. */
export interface Place {
  readonly path: string;
  /** Undefined where there is none. */
  readonly mark: string | undefined;
}

/** The place that a path names now. */
export function placeOf(path: string): Place {
  try {
    const { dev, ino, birthtimeNs } = statSync(path, { bigint: true });
    return { path, mark: [dev, ino, birthtimeNs].join(' ') };
  } catch {
    return { path, mark: undefined };
  }
}
