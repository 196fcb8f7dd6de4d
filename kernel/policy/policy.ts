import type { Capability, Decision, Finding } from './contract.ts';
import { isLooser, profiles, type ProfileName } from './profiles.ts';

/** The policy of one session: the profile in force, and what the person has said. */
export class Policy {
  readonly #fixed: ProfileName | undefined;
  readonly #answers = new Map<Capability, boolean>();
  #profile: ProfileName;

  /**
   * @param profile to begin with
   * @param fixed by the administrator: no looser one can be set
   */
  constructor(profile: ProfileName, fixed?: ProfileName) {
    this.#fixed = fixed;
    this.#profile = fixed !== undefined && isLooser(profile, fixed) ? fixed : profile;
  }

  get profile(): ProfileName {
    return this.#profile;
  }

  get fixed(): ProfileName | undefined {
    return this.#fixed;
  }

  /** Sets the profile; `false` where the administrator fixed a tighter one. Answers are asked for anew. */
  set(profile: ProfileName): boolean {
    if (this.#fixed !== undefined && isLooser(profile, this.#fixed)) return false;
    this.#profile = profile;
    this.#answers.clear();
    return true;
  }

  /** What a person said of a capability, for the rest of the session. */
  answered(capability: Capability, yes: boolean): void {
    this.#answers.set(capability, yes);
  }

  /** @param hasHosts some host is open, so that the network is wanted: which one is the proxy's to decide */
  decide({ capability }: Pick<Finding, 'capability'>, hasHosts: boolean): Decision {
    const decision = profiles[this.#profile].decisions[capability];
    if (decision === 'deny' && hasHosts && (capability === 'network' || capability === 'install'))
      return 'allow';
    const answer = this.#answers.get(capability);
    if (decision !== 'ask' || answer === undefined) return decision;
    return answer ? 'allow' : 'deny';
  }
}

/** What a capability means, and what allows it. */
export const words: Readonly<Record<Capability, { readonly asks: string; readonly remedy: string }>> = {
  network: { asks: 'for the network', remedy: '`%allow HOST` opens one host; `%sandbox open` asks for each' },
  install: { asks: 'to install packages', remedy: '`%sandbox data` allows the Python package index' },
  subprocess: { asks: 'to start programs', remedy: '`%sandbox strict` allows it' },
  native: { asks: 'to run native code', remedy: '`%sandbox strict` allows it' },
  'write-outside': {
    asks: 'to write outside of the workspace',
    remedy: 'nothing does: write below the current directory or in /tmp',
  },
  introspection: {
    asks: 'for the inside of the interpreter that runs it',
    remedy: '`%sandbox open` asks you; most code does not need it',
  },
};
