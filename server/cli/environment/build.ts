import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Environment, Present } from '../../../kernel/environment/schema.ts';
import { lockedEnvsDir, temporaryDir } from '../../../kernel/paths.ts';
import { programFile } from '../program.ts';
import type { ProgressSink } from '../setup/progress-sink.ts';
import { ensurePythonEnv, pythonOf } from '../setup/python-env.ts';
import { baseOf } from './base.ts';
import type { Hashes } from './hashes.ts';
import { requirementLine, type Lock } from './lock.ts';
import { presentEnvironment } from './present.ts';
import { takeFromShelf } from './shelf.ts';
import { watchStartup } from './startup.ts';

/** Packages that a sentence names. */
const mostNamed = 3;

/** Part of each environment's name: another one where they are made in another way. */
const way = 1;

/** An environment that was made for a notebook. */
export interface Built {
  readonly present: Present;
  /** Ends its use: it may be removed after. */
  readonly release: () => Promise<void>;
}

/** @throws Error with the reason, as the rest of a sentence, where it can't be made here */
export type Build = (locked: Lock, present: Present, notebook: string) => Promise<Built>;

/**
 * Makes the Python environment that a notebook is locked to, in Replique's own folder, or takes it from there. Its packages
 * come from the index that pip is configured with, as wheels: none of them runs before the sandbox is around it. Where the lock
 * has hashes, no other wheel is installed.
 * @param signal aborted: it is not made, and nothing is left of it
 */
export const buildWith =
  (sink: ProgressSink, signal?: AbortSignal): Build =>
  async ({ environment, hashes }, present, notebook) => {
    const packages = await requirementsOf(environment, hashes);
    const base = await baseOf(environment, present);
    const { implementation, version } = environment.python;
    const { platform, arch } = environment;
    const content = JSON.stringify([way, implementation, version, platform, arch, packages]);
    const name = createHash('sha256').update(content).digest('hex').slice(0, 32);
    const python = pythonOf(join(lockedEnvsDir(), name));
    sink.step(
      `${notebook} is locked to ${packages.length} Python packages, which go into ${lockedEnvsDir()}.`,
    );
    const make = async (directory: string) => {
      const drafts = await mkdtemp(join(temporaryDir(), 'replique-'));
      const requirements = join(drafts, 'requirements.txt');
      try {
        await writeFile(requirements, `${packages.join('\n')}\n`);
        const options = ['--only-binary', ':all:', ...(hashes.size > 0 ? ['--require-hashes'] : [])];
        const env = {
          directory,
          purpose: basename(notebook),
          requirements,
          options,
          watch: watchStartup,
          signal,
        };
        await ensurePythonEnv(env, () => Promise.resolve(base), sink);
      } finally {
        await rm(drafts, { recursive: true, force: true });
      }
    };
    const onWait = () => sink.step('Waiting for another Replique that makes an environment …');
    const release = await takeFromShelf(lockedEnvsDir(), name, { make, onWait, signal }).catch(because);
    try {
      return { present: await presentEnvironment({ python }), release };
    } catch (error) {
      await release();
      throw error;
    }
  };

/** @throws Error with the sentence of whoever failed, without the way to it */
function because(error: unknown): never {
  const { cause, message } = error as Error;
  const said = typeof cause === 'string' ? cause : message;
  const [, other] = /^\s*(\S+) from [^\n]*\n\s*Expected sha256 /m.exec(said) ?? [];
  const sentence = `what the index has as ${other} is not the file that it is locked to: its SHA-256 is another.`;
  throw new Error(other === undefined ? said : sentence, { cause: error });
}

/** What pip is asked for: the locked packages, and what a worker needs where they don't have it. */
async function requirementsOf({ python }: Environment, hashes: Hashes): Promise<readonly string[]> {
  const { packages, elsewhere = [], leftOut } = python;
  if (elsewhere.length > 0) throw new Error(`${listed(elsewhere)} came from no index.`);
  if (leftOut !== undefined) throw new Error(`${leftOut} of its packages are not named.`);
  const locked = Object.entries(packages).map(([name, version]) =>
    requirementLine(name, version, hashes.get(name)),
  );
  if (Object.hasOwn(packages, 'ipython')) return locked;
  if (hashes.size > 0) throw new Error('its lock has hashes, but no IPython, which helpers need.');
  const own = (await readFile(programFile('worker', 'requirements.txt'), 'utf8')).split('\n');
  const missing = own.filter((line) => {
    const name = /^[a-z0-9-]+(?===)/.exec(line)?.[0];
    return name !== undefined && !Object.hasOwn(packages, name);
  });
  return [...locked, ...missing];
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
