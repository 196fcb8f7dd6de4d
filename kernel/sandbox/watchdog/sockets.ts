import { readFileSync, readlinkSync } from 'node:fs';

/** As many sockets of a sandbox are not counted: ordinary programs have them, and hold little in each. */
const free = 256;
/** net.core.wmem_max where it can't be read; a socket may ask for twice as much. */
const usualMost = 212_992;

/**
 * An upper bound of what the sockets of a sandbox's own network hold in the system's memory, which belongs to no process
 * and is in no process's resident size.
 * @param root the sandbox's first process
 */
export function socketBytes(root: number): number {
  const used = Number(/^sockets: used (\d+)$/m.exec(read(`/proc/${root}/net/sockstat`))?.[1] ?? 0);
  if (used <= free || sharesNetwork(root)) return 0;
  const most = Number(read('/proc/sys/net/core/wmem_max')) || usualMost;
  return (used - free) * 2 * most;
}

function sharesNetwork(root: number): boolean {
  try {
    return readlinkSync(`/proc/${root}/ns/net`) === readlinkSync('/proc/self/ns/net');
  } catch {
    return true;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
