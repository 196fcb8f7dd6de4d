import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Has the saved sessions look as if their processes were gone. They are as old as before. */
export function lookCrashed(directory: string): void {
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.json'))) {
    const path = join(directory, name);
    const { atime, mtime } = statSync(path);
    const saved = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...saved, process: { pid: process.pid, started: 'another-boot' } }));
    utimesSync(path, atime, mtime);
  }
}
