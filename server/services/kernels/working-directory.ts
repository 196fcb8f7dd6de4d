import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** The directory that a path of the API stands for, or the nearest one above it that is there and within the root. */
export function workingDirectory(root: string, path: string): string {
  if (path.includes('\0')) return root;
  for (let at = join(root, join('/', path)); at.length > root.length; at = dirname(at)) {
    const real = directoryAt(at);
    if (real !== undefined) return isWithin(real, root) ? real : root;
  }
  return root;
}

function directoryAt(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}
