import type { Environment, Present } from '../../../kernel/environment/schema.ts';
import { findPython, type BasePython } from '../setup/python.ts';

/**
 * A Python of exactly the version that an environment names: the present one's own, or one of that name on the PATH.
 * @throws Error with the reason, as the rest of a sentence, where there is none
 */
export async function baseOf({ python }: Environment, present: Present): Promise<BasePython> {
  const { implementation, version } = python;
  const minor = /^\d+\.\d+/.exec(version)?.[0];
  const isSame = implementation === present.environment.python.implementation;
  const name = `python${minor}`;
  const candidates = isSame ? [present.python, name, `/usr/bin/${name}`, `/usr/local/bin/${name}`] : [];
  for (const candidate of candidates) {
    const found = await findPython(candidate).catch(() => undefined);
    if (found?.version === version) return found;
  }
  throw new Error(`it needs ${implementation} ${version}, which is not here.`);
}
