import { z } from 'zod';
import { readRegularFile } from '../files.ts';
import { isYes } from './policed-worker.ts';
import type { Policy } from './policy.ts';
import { isLooser, profileNames, profiles, type ProfileName } from './profiles.ts';

/** A notebook beyond this is not read for its profile. */
const mostBytes = 32 * 2 ** 20;

const notebookSchema = z.object({
  metadata: z.object({ replique: z.object({ profile: z.unknown() }).optional() }).optional(),
});
const nameSchema = z.enum(profileNames);

export interface NotebookProfileOptions {
  /** The notebook's file; absent where no client said it. */
  readonly file: string | undefined;
  readonly policy: Pick<Policy, 'profile' | 'fixed'>;
  readonly set: (profile: ProfileName) => void;
}

/** Who is at the cell before which the profile is settled. */
export interface Asked {
  /** Asks the person; absent where nobody can be asked. */
  readonly onInput?: (prompt: string, password: boolean) => Promise<string>;
}

/**
 * The profile that a notebook asks for, in `metadata.replique.profile`. A notebook comes from anywhere: a tighter profile
 * is set as it is read, a looser one is the person's to give, and none is looser than what the administrator fixed. One
 * that is none tightens to the first. It is read when the first cell runs, and once.
 */
export class NotebookProfile {
  readonly #options: NotebookProfileOptions;
  #wanted: ProfileName | undefined;
  #isRead = false;

  constructor(options: NotebookProfileOptions) {
    this.#options = options;
  }

  /**
   * Settles the profile as far as it can be before a cell.
   * @param runsCode whether the cell may run code, for which a looser profile is asked
   * @returns what the reader is told, in Markdown
   */
  async settle(runsCode: boolean, asked: Asked): Promise<readonly string[]> {
    const notice = this.#read() ?? (runsCode ? await this.#ask(asked) : undefined);
    return notice === undefined ? [] : [notice];
  }

  async #ask(asked: Asked): Promise<string | undefined> {
    if (this.#wanted === undefined) return undefined;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    const { policy, set } = this.#options;
    if (!isLooser(wanted, policy.profile)) return undefined;
    const asks = `This notebook asks for the profile ${wanted} (${profiles[wanted].summary})`;
    if (asked.onInput === undefined) {
      return `${asks}. Nobody could be asked here, so it stays **${policy.profile}**: \`%sandbox ${wanted}\` sets it.`;
    }
    const said = await asked.onInput(`${asks}. Allow it for this session? [y/N] `, false).catch(() => '');
    if (isYes(said)) {
      set(wanted);
      return undefined;
    }
    return `The profile stays **${policy.profile}**: \`%sandbox ${wanted}\` sets what this notebook asks for.`;
  }

  #read(): string | undefined {
    if (this.#isRead) return undefined;
    this.#isRead = true;
    const { file, policy, set } = this.#options;
    const given = file === undefined ? undefined : profileIn(file);
    if (given === undefined) return undefined;
    const name = nameSchema.safeParse(given);
    if (!name.success) {
      set(profileNames[0]);
      return `This notebook's \`metadata.replique.profile\` is none of ${profileNames.join(', ')}: **${profileNames[0]}** is set.`;
    }
    if (isLooser(name.data, policy.profile)) {
      if (policy.fixed !== undefined && isLooser(name.data, policy.fixed)) {
        return `This notebook asks for the profile ${name.data}; nothing looser than **${policy.fixed}** is allowed by /etc/replique/config.json.`;
      }
      this.#wanted = name.data;
    } else if (name.data !== policy.profile) {
      set(name.data);
      return `Profile **${name.data}**, as this notebook asks.`;
    }
    return undefined;
  }
}

/** What stands at `metadata.replique.profile`; `undefined` where nothing does, or the file is no notebook. */
function profileIn(file: string): unknown {
  try {
    const parsed = notebookSchema.safeParse(JSON.parse(readRegularFile(file, mostBytes)));
    return parsed.data?.metadata?.replique?.profile;
  } catch {
    return undefined;
  }
}
