import type { SandboxControl } from './interpreter/magics/contract.ts';
import { capabilities } from './policy/contract.ts';
import type { Policy } from './policy/policy.ts';
import { profileNames, profiles, type ProfileName } from './policy/profiles.ts';
import type { Launcher } from './sandbox/contract.ts';
import { effectiveLines } from './sandbox/effective.ts';
import type { SessionWorker } from './sandbox/session-worker.ts';

interface ControlOptions {
  readonly policy: Policy;
  readonly worker: SessionWorker;
  readonly workspace: string;
  /** The launcher’s name. */
  readonly isolation: Launcher['name'];
  /** Where runs are recorded; absent: they are not. */
  readonly audit: string | undefined;
  readonly limitsTogether: string;
  readonly network: {
    allow(...hosts: readonly string[]): void;
    remove(host: string): boolean;
    allowed(): readonly string[];
  };
  /** Told when the profile was set. */
  readonly onChange: (profile: ProfileName) => void;
}

const reaches: Readonly<Record<Launcher['name'], SandboxControl['reach']>> = {
  bubblewrap: 'what is allowed',
  seatbelt: 'nothing',
  none: 'everything',
};

/** What `%sandbox` shows and sets in a session. */
export function createSandboxControl(options: ControlOptions): SandboxControl {
  const { policy, worker, network, workspace, audit } = options;
  const layers: SandboxControl['layers'] = async () => {
    await worker.ready();
    const pid = await worker.firstProcess();
    const found = pid === undefined ? [] : effectiveLines(pid);
    const fixed =
      policy.fixed === undefined ? '' : `, fixed at most as ${policy.fixed} in /etc/replique/config.json`;
    const hosts = network.allowed();
    const more: Readonly<Record<string, string>> = {
      '3 limits': `; together: ${options.limitsTogether}`,
      '4 files': `; the workspace is \`${workspace}\``,
      '5 network':
        hosts.length === 0
          ? '; no host may be reached'
          : `; through the proxy: ${hosts.map((host) => `\`${host}\``).join(', ')}`,
    };
    return [
      {
        layer: '1 validation',
        what: `profile **${policy.profile}** (${profiles[policy.profile].summary})${fixed}`,
      },
      ...(options.isolation !== 'none'
        ? []
        : [{ layer: '2 isolation', what: '**REPLIQUE_SANDBOX=none: there is none**' }]),
      ...found.map(({ layer, what }) => ({ layer, what: what + (more[layer] ?? '') })),
      { layer: '6 audit', what: audit === undefined ? '**off**' : `every run, in \`${audit}\`` },
      { layer: '7 outputs', what: 'every output passes the firewall' },
    ];
  };
  return {
    layers,
    capabilities,
    reach: reaches[options.isolation],
    get profiles() {
      return profileNames.map((name) => ({
        name,
        isSet: name === policy.profile,
        decisions: profiles[name].decisions,
      }));
    },
    setProfile: (given) => {
      const name = profileNames.find((each) => each === given);
      if (name === undefined) return `There is no profile ${given}. Write one of ${profileNames.join(', ')}.`;
      const before = profiles[policy.profile].hosts;
      if (!policy.set(name)) {
        return `The profile is fixed in /etc/replique/config.json: nothing looser than ${policy.fixed ?? ''} can be set.`;
      }
      for (const host of before) network.remove(host);
      network.allow(...profiles[name].hosts);
      options.onChange(name);
      return undefined;
    },
  };
}
