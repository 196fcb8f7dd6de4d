import { readFileSync, readlinkSync } from 'node:fs';
import { describeHolder, groupOf } from './cgroup/group.ts';
import { proportionalBytes, usageBelow } from './watchdog/usage.ts';

/** One line of what is in force, as it was found just now, not as it was asked for. */
export interface EffectiveLine {
  readonly layer: string;
  readonly what: string;
}

const namespaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];

/** What the host's /proc tells of a running sandbox: isolation, limits, files, network. */
export function effectiveLines(pid: number): readonly EffectiveLine[] {
  const status = read(pid, 'status');
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? 'unknown';
  const own = namespaces.filter((name) => link(pid, name) !== link('self', name));
  const shared = namespaces.filter((name) => !own.includes(name));
  const filter = field('Seccomp') === '2' ? 'system call filter' : '**no system call filter**';
  const rights = /^0+$/.test(field('CapEff')) ? 'no capabilities' : `**capabilities ${field('CapEff')}**`;
  const gain = field('NoNewPrivs') === '1' ? 'no new privileges' : '**may gain privileges**';
  const user = field('Uid').split('\t')[0] ?? 'unknown';
  const isolation = `${filter}, ${rights}, ${gain}, user ${user} of the host`;
  const spaces =
    shared.length === 0 ? 'every namespace its own' : `**shared with the host: ${shared.join(', ')}**`;
  const { processes, cpuSeconds } = usageBelow(pid);
  const used = `${Math.round(proportionalBytes(processes) / 2 ** 20)} MB and ${processes.length} processes now, ${cpuSeconds.toFixed(1)} s of processor time so far`;
  return [
    { layer: '2 isolation', what: `${isolation}; ${spaces}` },
    { layer: '3 limits', what: `${limitsOf(pid)}; ${used}; ${describeHolder(groupOf(pid))}` },
    { layer: '4 files', what: `writable: ${writable(pid).join(', ')}` },
    { layer: '5 network', what: `devices: ${devices(pid).join(', ')}` },
  ];
}

function limitsOf(pid: number): string {
  const text = read(pid, 'limits');
  const limit = (name: string): string => new RegExp(`^${name} +(\\S+)`, 'm').exec(text)?.[1] ?? 'unknown';
  const size = (name: string): string => {
    const bytes = Number(limit(name));
    return Number.isNaN(bytes) ? `**${limit(name)}**` : `${Math.round(bytes / 2 ** 20)} MB`;
  };
  return `${size('Max address space')} of memory, ${limit('Max processes')} processes, files of ${size('Max file size')}, ${limit('Max cpu time')} s of processor time, for each process`;
}

function writable(pid: number): readonly string[] {
  return read(pid, 'mountinfo')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([, , , , path = '', options = '']) =>
        options.split(',').includes('rw') && !/^\/(proc|dev)(\/(?!shm$)|$)/.test(path),
    )
    .map(([, , , , path = '']) => `\`${path}\``);
}

function devices(pid: number): readonly string[] {
  return read(pid, 'net/dev')
    .split('\n')
    .slice(2)
    .flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function link(pid: number | 'self', name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return pid === 'self' ? 'own' : 'hidden';
  }
}
