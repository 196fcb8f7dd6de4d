import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * Whether one of the processes holds a file that has no name any more and takes up room on a disk: open, or mapped into
 * memory. A walk of directories does not meet such files. One that waits in a socket to be received is not found.
 */
export async function holdDeletedFiles(pids: readonly number[]): Promise<boolean> {
  for (const pid of pids) {
    const inMemory = await memoryDevices(pid);
    if ((await hasOpen(pid, inMemory)) || (await hasMapped(pid, inMemory))) return true;
  }
  return false;
}

/** Devices, `MAJOR:MINOR`, of the filesystems that a process sees and that lie in memory. */
async function memoryDevices(pid: number): Promise<ReadonlySet<string>> {
  const lines = (await read(pid, 'mountinfo')).split('\n').filter((line) => line.includes(' - tmpfs '));
  return new Set(lines.map((line) => line.split(' ')[2] ?? ''));
}

async function hasOpen(pid: number, inMemory: ReadonlySet<string>): Promise<boolean> {
  for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const status = await stat(`/proc/${pid}/fd/${name}`, { bigint: true }).catch(() => undefined);
    if (status?.isFile() !== true || status.nlink > 0n) continue;
    if (!inMemory.has(deviceOf(status.dev))) return true;
  }
  return false;
}

async function hasMapped(pid: number, inMemory: ReadonlySet<string>): Promise<boolean> {
  for (const line of (await read(pid, 'maps')).split('\n')) {
    if (!line.endsWith(' (deleted)') || / \/(dev\/zero|memfd:|SYSV)/.test(line)) continue;
    const [major = '', minor = ''] = (line.split(' ')[3] ?? '').split(':');
    if (!inMemory.has(`${parseInt(major, 16)}:${parseInt(minor, 16)}`)) return true;
  }
  return false;
}

/** After makedev(3). */
function deviceOf(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

const read = (pid: number, name: string): Promise<string> =>
  readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => '');
