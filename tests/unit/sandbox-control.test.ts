import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../kernel/egress/egress.ts';
import type { SandboxControl } from '../../kernel/interpreter/magics/contract.ts';
import { Policy } from '../../kernel/policy/policy.ts';
import type { ProfileName } from '../../kernel/policy/profiles.ts';
import { effectiveLines } from '../../kernel/sandbox/effective.ts';
import { createSandboxControl } from '../../kernel/sandbox-control.ts';
import { Workers } from '../support/workers.ts';

const workers = new Workers();
afterEach(() => workers.close());

/** What `%sandbox` shows and sets, with a policy and hosts of a session. */
function control(policy: Policy): {
  control: SandboxControl;
  hosts: () => readonly string[];
  set: ProfileName[];
} {
  const { worker, workspace } = workers.create({ isolation: 'none' });
  const network = createEgress({ allow: ['mine.test'], onConnection: () => undefined });
  const set: ProfileName[] = [];
  return {
    control: createSandboxControl({
      ...{ policy, worker, network, workspace, isolation: 'none', audit: undefined },
      ...{ limitsTogether: 'all', onChange: (profile) => set.push(profile) },
    }),
    hosts: () => network.allowed(),
    set,
  };
}

describe('%sandbox', () => {
  it('sets no looser profile than the administrator fixed, and shows that one', async () => {
    const session = control(new Policy('open', 'data'));
    expect(session.control.setProfile('open')).toBe(
      'The profile is fixed in /etc/replique/config.json: nothing looser than data can be set.',
    );
    expect(session.control.setProfile('loose')).toContain('Write one of strict, data, open');
    expect(session.set).toEqual([]);
    const [validation] = await session.control.layers();
    expect(validation?.what).toMatch(/^profile \*\*data\*\* .*, fixed at most as data in /);
  });

  it('opens the hosts of a profile and closes them again, but for those a person opened', () => {
    const session = control(new Policy('strict'));
    expect(session.control.setProfile('data')).toBeUndefined();
    expect(session.hosts()).toEqual(['mine.test', 'pypi.org', 'files.pythonhosted.org']);
    expect(session.control.setProfile('strict')).toBeUndefined();
    expect(session.hosts()).toEqual(['mine.test']);
    expect(session.set).toEqual(['data', 'strict']);
  });

  it('says in bold what protects nobody', async () => {
    const rows = await control(new Policy('strict')).control.layers();
    const shown = Object.fromEntries(rows.map(({ layer, what }) => [layer, what]));
    expect(shown['6 audit']).toBe('**off**');
    expect(JSON.stringify(rows)).toContain('**REPLIQUE_SANDBOX=none: there is none**');
  });
});

describe('what is in force for a process', () => {
  const linesOf = (pid: number): Readonly<Record<string, string>> =>
    Object.fromEntries(effectiveLines(pid).map(({ layer, what }) => [layer, what]));

  it('is that it shares every namespace, where it is no sandbox', () => {
    const lines = linesOf(process.pid);
    expect(lines['2 isolation']).toContain('**shared with the host: cgroup, ipc, mnt, net, pid, user, uts**');
    expect(lines['4 files']).toContain('writable: `/');
  });

  it('is unknown where the process is gone', () => {
    const lines = linesOf(2 ** 22 + 1);
    expect(lines['2 isolation']).toContain(
      '**no system call filter**, **capabilities unknown**, **may gain privileges**, user unknown of the host',
    );
    expect(lines['3 limits']).toContain('**unknown** of memory, unknown processes');
  });
});
