import type { Capability, Decision } from './contract.ts';

export const profileNames = ['strict', 'data', 'open'] as const;
export type ProfileName = (typeof profileNames)[number];

interface Profile {
  readonly summary: string;
  readonly decisions: Readonly<Record<Capability, Decision>>;
  /** Hosts that are open from the beginning. */
  readonly hosts: readonly string[];
}

const always = { subprocess: 'allow', native: 'allow', 'write-outside': 'deny' } as const;

/** The table of capabilities and profiles. docs/reference/policy.md is generated from it. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  strict: {
    summary: 'no network but hosts that `%allow` opens',
    decisions: { ...always, network: 'deny', install: 'deny', introspection: 'deny' },
    hosts: [],
  },
  data: {
    summary: 'as strict, and the Python package index',
    decisions: { ...always, network: 'deny', install: 'allow', introspection: 'deny' },
    hosts: ['pypi.org', 'files.pythonhosted.org'],
  },
  open: {
    summary: 'the network, host by host as you are asked',
    decisions: { ...always, network: 'ask', install: 'ask', introspection: 'ask' },
    hosts: [],
  },
};

/** From tight to loose: what an administrator fixed may be tightened, not loosened. */
export const isLooser = (one: ProfileName, other: ProfileName): boolean =>
  profileNames.indexOf(one) > profileNames.indexOf(other);
