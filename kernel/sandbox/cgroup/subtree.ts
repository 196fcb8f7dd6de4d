import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupFiles } from './files.ts';
import type { GroupBounds } from './group.ts';
import type { CgroupWay, GroupStart } from './way.ts';

/** Moves itself into the group, then becomes the command. Where the move is refused, it goes on without. */
const enterScript = '{ echo $$ > "$0"; } 2>/dev/null; exec "$@"';
const name = /^replique-(\d+)-(\d+)-\d+$/;
const retryMs = 20;
const mostRetries = 50;

let count = 0;

/**
 * Groups made by this process itself, below one that was left to it. A group's name carries the number and start of the
 * kernel that made it: what a killed kernel left is removed by the next one.
 * @returns undefined where no group can be made there
 */
export function subtreeWay(parent: string, files: CgroupFiles): CgroupWay | undefined {
  removeStale(parent, files);
  const way: CgroupWay = { prepare: (bounds) => prepare(parent, bounds, files) };
  const trial = way.prepare({ memoryBytes: 2 ** 30, processes: 16 });
  trial?.ended();
  return trial && way;
}

function prepare(parent: string, bounds: GroupBounds, files: CgroupFiles): GroupStart | undefined {
  count += 1;
  const directory = join(parent, `replique-${process.pid}-${startOf(process.pid)}-${count}`);
  try {
    files.makeDirectory(directory);
  } catch {
    return undefined;
  }
  try {
    files.write(join(directory, 'memory.max'), String(bounds.memoryBytes));
    files.write(join(directory, 'pids.max'), String(bounds.processes));
    noSwap(directory, files);
  } catch {
    remove(directory, files);
    return undefined;
  }
  return {
    enter: (command) => ['/bin/sh', '-c', enterScript, join(directory, 'cgroup.procs'), ...command],
    environment: {},
    started: () => undefined,
    ended: () => remove(directory, files),
  };
}

/** Systems without swap accounting have no such file. */
function noSwap(directory: string, files: CgroupFiles): void {
  try {
    files.write(join(directory, 'memory.swap.max'), '0');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** What has just been killed may take a moment to leave. */
function remove(directory: string, files: CgroupFiles, retries = mostRetries): void {
  try {
    files.removeDirectory(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || retries === 0) return;
    setTimeout(() => remove(directory, files, retries - 1), retryMs).unref();
  }
}

function removeStale(parent: string, files: CgroupFiles): void {
  for (const entry of entriesOf(parent)) {
    const [, pid, start] = name.exec(entry) ?? [];
    if (pid !== undefined && startOf(Number(pid)) !== start) remove(join(parent, entry), files);
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** When a process began, in ticks since the machine did (proc(5)); empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
