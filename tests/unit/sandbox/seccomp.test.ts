import { describe, expect, it } from 'vitest';
import { buildSeccompFilter, currentArchitecture } from '../../../kernel/sandbox/seccomp.ts';
import {
  absentCalls,
  auditArchitecture,
  inspectedCalls,
  lastKnownCall,
  numberOf,
  refusedCalls,
  type Architecture,
} from '../../../kernel/sandbox/seccomp-table.ts';
import { runFilter, verdicts, visited } from './bpf-interpreter.ts';

const { allow, kill, eperm, enosys, eopnotsupp } = verdicts;
const architectures: readonly Architecture[] = ['x64', 'arm64'];

const everyCall = Object.values({ ...refusedCalls, ...absentCalls, ...inspectedCalls });

/** The filter's verdict on a call by name. */
function judge(architecture: Architecture, name: keyof typeof inspectedCalls, ...args: bigint[]): number {
  const call = numberOf(inspectedCalls[name], architecture)!;
  return runFilter(buildSeccompFilter(architecture), { call, arch: auditArchitecture[architecture], args });
}

describe.each(architectures)('the filter for %s', (architecture) => {
  const program = buildSeccompFilter(architecture);
  const arch = auditArchitecture[architecture];
  const call = (number: number, ...args: bigint[]): number =>
    runFilter(program, { call: number, arch, args });

  it('is within what the kernel accepts', () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThan(4096);
  });

  it.each(Object.keys(refusedCalls))('refuses %s', (name) => {
    const number = numberOf(refusedCalls[name as keyof typeof refusedCalls], architecture);
    if (number !== null) expect(call(number)).toBe(eperm);
  });

  it.each(Object.keys(absentCalls))('says that %s does not exist', (name) => {
    expect(call(numberOf(absentCalls[name as keyof typeof absentCalls], architecture)!)).toBe(enosys);
  });

  it('says that calls newer than its tables do not exist', () => {
    expect(call(lastKnownCall + 1)).toBe(enosys);
    expect(call(0x3fffffff)).toBe(enosys);
    expect(call(lastKnownCall)).toBe(allow);
  });

  it('kills what runs as another architecture, whatever it calls', () => {
    const foreign = [0x40000003, 0x40000028, ...Object.values(auditArchitecture)].filter(
      (each) => each !== arch,
    );
    for (const other of foreign) {
      for (const number of [0, 1, 59, 101, 435]) {
        expect(runFilter(program, { call: number, arch: other, args: [] })).toBe(kill);
      }
    }
  });

  it('allows all other calls, and each refused number is in a table', () => {
    const named = everyCall.map((numbers) => numberOf(numbers, architecture));
    for (let number = 0; number <= lastKnownCall; number += 1) {
      if (!named.includes(number)) expect(call(number), `call ${number}`).toBe(allow);
    }
  });

  it('reaches every one of its instructions', () => {
    const seen = new Set<number>();
    const interesting = [
      0n,
      1n,
      2n,
      10n,
      16n,
      22n,
      35n,
      0x5412n,
      0x541cn,
      0x5423n,
      0o100n,
      0x10000000n,
      0o4755n,
    ];
    for (let number = 0; number <= lastKnownCall + 1; number += 1) {
      for (const first of interesting) {
        for (const second of interesting) {
          for (const third of [0n, 6n, 0o100n, 0o4755n]) {
            for (const fourth of [0n, 0o4755n]) {
              visited(program, { call: number, arch, args: [first, second, third, fourth] }, seen);
            }
          }
        }
        if (!Object.values(inspectedCalls).some((n) => numberOf(n, architecture) === number)) break;
      }
    }
    for (const other of [0, 0x40000000]) visited(program, { call: other, arch: 1, args: [] }, seen);
    visited(program, { call: 0x40000000, arch, args: [] }, seen);
    const missed = Array.from({ length: program.length / 8 }, (_, at) => at).filter((at) => !seen.has(at));
    expect(missed).toEqual([]);
  });

  it('lets threads have the ordinary policy, and no other', () => {
    expect(judge(architecture, 'sched_setscheduler', 77n, 0n)).toBe(allow);
    for (const policy of [1n, 2n, 3n, 5n, 6n, 0x40000000n, 0x40000001n]) {
      expect(judge(architecture, 'sched_setscheduler', 0n, policy), `policy ${policy}`).toBe(eperm);
    }
  });

  it('lets threads and forks be made, and no namespaces', () => {
    expect(judge(architecture, 'clone', 0x3d0f00n)).toBe(allow);
    expect(judge(architecture, 'clone', 17n)).toBe(allow);
    for (const flag of [
      0x80n,
      0x20000n,
      0x2000000n,
      0x4000000n,
      0x8000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ]) {
      expect(judge(architecture, 'clone', flag | 17n), `flag ${flag.toString(16)}`).toBe(eperm);
    }
  });

  it.each([0x5412n, 0x541cn, 0x5423n])(
    'refuses the terminal request %d, whatever its upper bits',
    (request) => {
      expect(judge(architecture, 'ioctl', 0n, request)).toBe(eperm);
      expect(judge(architecture, 'ioctl', 0n, request | (1n << 32n))).toBe(eperm);
      expect(judge(architecture, 'ioctl', 0n, 0xffffffff00000000n | request)).toBe(eperm);
      expect(judge(architecture, 'ioctl', 0n, 0x5401n)).toBe(allow);
    },
  );

  it('allows sockets of TCP over IPv4, and pairs of AF_UNIX only', () => {
    for (const family of [0n, 1n, 10n, 17n, 38n, 40n]) {
      expect(judge(architecture, 'socket', family, 1n, 0n), `family ${family}`).toBe(eperm);
    }
    expect(judge(architecture, 'socket', 16n, 3n, 0n)).toBe(eopnotsupp);
    for (const type of [2n, 3n, 4n, 5n, 6n, 10n, 0x802n, 0x41n, 0x80000001n]) {
      expect(judge(architecture, 'socket', 2n, type, 0n), `type ${type}`).toBe(eperm);
    }
    for (const protocol of [1n, 2n, 17n, 132n, 255n, 262n]) {
      expect(judge(architecture, 'socket', 2n, 1n, protocol), `protocol ${protocol}`).toBe(eperm);
    }
    for (const type of [1n, 0x801n, 0x80001n, 0x80801n]) {
      expect(judge(architecture, 'socket', 2n, type, 0n)).toBe(allow);
      expect(judge(architecture, 'socket', 2n, type, 6n)).toBe(allow);
    }
    expect(judge(architecture, 'socketpair', 1n, 1n)).toBe(allow);
    expect(judge(architecture, 'socketpair', 2n, 1n)).toBe(eperm);
    expect(judge(architecture, 'socketpair', 16n, 1n)).toBe(eperm);
  });

  it('keeps a process from dropping what holds it', () => {
    for (const option of [1n, 22n, 35n]) expect(judge(architecture, 'prctl', option)).toBe(eperm);
    for (const option of [4n, 15n, 36n, 38n]) expect(judge(architecture, 'prctl', option)).toBe(allow);
  });

  it('lets a process set no limits but its own', () => {
    expect(judge(architecture, 'prlimit64', 0n)).toBe(allow);
    for (const other of [1n, 2n, 1n | (1n << 32n)]) {
      expect(judge(architecture, 'prlimit64', other)).toBe(eperm);
    }
  });

  it('refuses set-uid bits wherever a mode is given', () => {
    for (const mode of [0o4755n, 0o2755n, 0o6000n]) {
      if (architecture === 'x64') {
        expect(judge(architecture, 'chmod', 0n, mode)).toBe(eperm);
        expect(judge(architecture, 'creat', 0n, mode)).toBe(eperm);
        expect(judge(architecture, 'open', 0n, 0o100n, mode)).toBe(eperm);
        expect(judge(architecture, 'open', 0n, 0o0n, mode)).toBe(allow);
      }
      expect(judge(architecture, 'fchmod', 0n, mode)).toBe(eperm);
      expect(judge(architecture, 'fchmodat', 0n, 0n, mode)).toBe(eperm);
      expect(judge(architecture, 'openat', 0n, 0n, 0o101n, mode)).toBe(eperm);
      expect(judge(architecture, 'openat', 0n, 0n, 0o20200002n, mode)).toBe(eperm);
      expect(judge(architecture, 'openat', 0n, 0n, 0n, mode)).toBe(allow);
    }
    expect(judge(architecture, 'fchmod', 0n, 0o1777n)).toBe(allow);
    expect(judge(architecture, 'openat', 0n, 0n, 0o101n, 0o644n)).toBe(allow);
  });
});

describe('numbers', () => {
  it('of x32 do not exist', () => {
    const program = buildSeccompFilter('x64');
    for (const number of [0x40000000, 0x40000065, 0x7fffffff, 0xffffffff]) {
      expect(runFilter(program, { call: number, arch: auditArchitecture.x64, args: [] })).toBe(enosys);
    }
  });

  it('are those of the running kernel’s headers, where some are known for certain', () => {
    expect(refusedCalls.ptrace).toEqual([101, 117]);
    expect(refusedCalls.mount).toEqual([165, 40]);
    expect(refusedCalls.unshare).toEqual([272, 97]);
    expect(inspectedCalls.socket).toEqual([41, 198]);
    expect(inspectedCalls.openat).toEqual([257, 56]);
    expect(absentCalls.clone3).toEqual([435, 435]);
  });

  it('are each used once', () => {
    for (const architecture of architectures) {
      const all = everyCall.flatMap((numbers) => numberOf(numbers, architecture) ?? []);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  it('are there for this machine, or it is said that they are not', () => {
    const expected = ['x64', 'arm64'].includes(process.arch) ? process.arch : undefined;
    expect(currentArchitecture()).toBe(expected);
  });
});
