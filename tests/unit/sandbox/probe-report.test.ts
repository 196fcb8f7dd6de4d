import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitsOf } from '../../../kernel/sandbox/limits.ts';
import { judgeProbe, type ProbeReport } from '../../../kernel/sandbox/probe-report.ts';
import { plainConfig } from '../../support/sandboxes.ts';

const limits = limitsOf(plainConfig());
const good: ProbeReport = {
  namespaces: { user: 1, net: 2 },
  interfaces: ['lo'],
  capabilities: ['0000000000000000'],
  seccomp: '2',
  visible: [],
  writable: [],
  refused: { socket: 'Operation not permitted' },
  limits: {
    ...{ AS: limits.memoryBytes, NPROC: limits.processes, NOFILE: limits.openFiles },
    ...{ FSIZE: limits.fileBytes, CPU: limits.cpuSeconds, CORE: 0 },
  },
};

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'replique-probe-'));
  writeFileSync(join(workspace, 'written'), '');
});

afterEach(() => rmSync(workspace, { recursive: true }));

const problems = (changes: Partial<ProbeReport>): readonly (readonly [string, string])[] =>
  judgeProbe({ ...good, ...changes }, workspace, limits)
    .filter((line) => !line.ok)
    .map(({ name, detail }) => [name, detail] as const);

describe('the probe’s report', () => {
  it('is good where every layer holds', () => {
    expect(problems({})).toEqual([]);
  });

  it.each<[Partial<ProbeReport>, string, string]>([
    [{ interfaces: ['eth0', 'lo'] }, 'network', 'sees eth0'],
    [{ capabilities: ['0000000000000000', '00000000a80425fb'] }, 'capabilities', 'has 00000000a80425fb'],
    [{ seccomp: '0' }, 'system calls', 'no filter is in force'],
    [{ refused: { socket: null, mount: 'no' } }, 'system calls', 'socket is not refused'],
    [{ visible: ['/etc/shadow'] }, 'files', 'sees /etc/shadow'],
    [{ writable: ['/usr'] }, 'files', 'can write /usr'],
    [{ limits: { ...good.limits, AS: -1 } }, 'limits', 'AS is not limited'],
    [{ limits: { ...good.limits, NPROC: limits.processes + 1 } }, 'limits', 'NPROC is not limited'],
    [{ limits: {} }, 'limits', 'AS is not limited, NPROC is not limited'],
  ])('names what does not (%#)', (changes, name, detail) => {
    const found = problems(changes);
    expect(found).toHaveLength(1);
    expect(found[0]![0]).toBe(name);
    expect(found[0]![1]).toContain(detail);
  });

  it('names a namespace that is the host’s, and a remedy', () => {
    const { ino } = statSync('/proc/self/ns/net');
    const line = judgeProbe({ ...good, namespaces: { net: ino } }, workspace, limits)[0];
    expect(line).toMatchObject({ name: 'namespaces', ok: false, detail: 'net is shared with the host' });
    expect(line!.remedy).toContain('replique doctor');
  });

  it.runIf(process.getuid?.() === 0)('names files that do not stay with their owner', () => {
    chownSync(join(workspace, 'written'), 4242, 4242);
    expect(problems({})).toEqual([['workspace', `what it writes belongs to user 4242, not 0`]]);
  });
});
