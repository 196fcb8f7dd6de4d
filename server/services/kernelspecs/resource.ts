import { readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';

const mostBytes = 10 * 2 ** 20;

const types: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

export interface ResourceFile {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
}

/** A file of a kernelspec's directory; `undefined` where there is none, or it is reached by a way out of there. */
export function readResource(directory: string, path: string): ResourceFile | undefined {
  try {
    const file = realpathSync(join(directory, path));
    const way = relative(directory, file);
    const info = statSync(file);
    if (way === '' || way.startsWith('..') || !info.isFile() || info.size > mostBytes) return undefined;
    return {
      type: types[extname(file).toLowerCase()] ?? 'text/plain; charset=utf-8',
      etag: `"${info.size.toString(36)}-${Math.floor(info.mtimeMs).toString(36)}"`,
      bytes: readFileSync(file),
    };
  } catch {
    return undefined;
  }
}
