import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { describeHolder, type Group } from './cgroup/group.ts';
import type { Limits, ProbeLine } from './contract.ts';
import { describeTogether } from './limits.ts';
import { proportionalBytes, type Usage } from './watchdog/usage.ts';

export const reportIt = 'Report this with the output of `npx replique doctor --json`.';

/** What probe.py says of the sandbox that it runs in. */
export const probeReport = z.strictObject({
  namespaces: z.record(z.string(), z.number()),
  interfaces: z.array(z.string()),
  capabilities: z.array(z.string()),
  seccomp: z.string(),
  visible: z.array(z.string()),
  writable: z.array(z.string()),
  refused: z.record(z.string(), z.string().nullable()),
  limits: z.record(z.string(), z.number()),
});
export type ProbeReport = z.infer<typeof probeReport>;

/**
 * One line for each layer of the sandbox.
 * @param workspace where probe.py has left the file `written`
 */
export function judgeProbe(report: ProbeReport, workspace: string, limits: Limits): readonly ProbeLine[] {
  const owner = statSync(workspace).uid;
  const writer = statSync(join(workspace, 'written')).uid;
  const open = Object.entries(report.refused).flatMap(([name, error]) => (error === null ? [name] : []));
  return [
    line('namespaces', sharedNamespaces(report), 'none is shared with the host'),
    line(
      'system calls',
      report.seccomp === '2' ? open.map((name) => `${name} is not refused`) : ['no filter is in force'],
      'the filter is in force; sockets, mounts and namespaces were tried and refused',
    ),
    line(
      'capabilities',
      report.capabilities.filter((set) => !/^0+$/.test(set)).map((set) => `has ${set}`),
      'none',
    ),
    line(
      'network',
      report.interfaces.filter((name) => name !== 'lo').map((name) => `sees ${name}`),
      'none',
    ),
    line(
      'files',
      [
        ...report.visible.map((path) => `sees ${path}`),
        ...report.writable.map((path) => `can write ${path}`),
      ],
      'the system is read-only; home and configuration are not visible',
    ),
    line(
      'workspace',
      writer === owner ? [] : [`what it writes belongs to user ${writer}, not ${owner}`],
      'what it writes belongs to the owner of the folder',
    ),
    line(
      'limits',
      looseLimits(report, limits).map((name) => `${name} is not limited`),
      'memory, files and time of each process, and the number of processes (rlimits)',
    ),
  ];
}

/**
 * The limits of all processes together.
 * @param usage of the probe's sandbox, as the watchdog sees it from outside
 * @param group the cgroup that it is in
 */
export function judgeTogether({ processes }: Usage, limits: Limits, group: Group | undefined): ProbeLine {
  const sees = processes.length > 0 && proportionalBytes(processes) > 0;
  return line(
    'limits together',
    sees ? [] : ['the watchdog can’t see the sandbox’s processes'],
    `${describeTogether(limits)} (${describeHolder(group)})`,
  );
}

function line(name: string, problems: readonly string[], good: string): ProbeLine {
  return problems.length === 0
    ? { name, ok: true, detail: good }
    : { name, ok: false, detail: problems.join(', '), remedy: reportIt };
}

function sharedNamespaces({ namespaces }: ProbeReport): readonly string[] {
  return Object.entries(namespaces)
    .filter(([name, inode]) => statSync(`/proc/self/ns/${name}`, { throwIfNoEntry: false })?.ino === inode)
    .map(([name]) => `${name} is shared with the host`);
}

/** RLIM_INFINITY, as Python has it. */
const unlimited = -1;

function looseLimits(report: ProbeReport, limits: Limits): readonly string[] {
  const expected = {
    AS: limits.memoryBytes,
    NPROC: limits.processes,
    NOFILE: limits.openFiles,
    FSIZE: limits.fileBytes,
    CPU: limits.cpuSeconds,
    CORE: 0,
  };
  return Object.entries(expected)
    .filter(([name, value]) => {
      const limit = report.limits[name] ?? unlimited;
      return limit === unlimited || limit > value;
    })
    .map(([name]) => name);
}
