import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { kernelJson, kernelspecNames, kernelspecPlaces, readKernelJson } from '../../kernelspecs.ts';
import { isWithin } from '../../sandbox/mounts.ts';

const mostKernelspecs = 20;
/** What a helper block can name. */
const longestName = 32;

/** Its language is shown to the model. */
const presentable = kernelJson.extend({ language: z.string().regex(/^[^\p{C}<>"']{1,60}$/u) });

/** An installed Jupyter kernel. */
export interface Kernelspec {
  readonly name: string;
  readonly language: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly interruptMode: 'signal' | 'message';
  /** The directory of kernel.json. */
  readonly directory: string;
}

/**
 * The installed kernels of other languages, in the order in which Jupyter looks for them; of one name the first counts.
 * Without Python's, which Replique runs itself, without Replique's own, and without what lies where helpers may write.
 * @param prefixes of Python installations that may have kernels
 */
export function findKernelspecs(workspace: string, prefixes: readonly string[]): readonly Kernelspec[] {
  const found = new Map<string, Kernelspec>();
  for (const place of kernelspecPlaces(prefixes)) {
    for (const name of kernelspecNames(place, longestName)) {
      const spec = found.has(name.toLowerCase()) ? undefined : read(place, name, workspace);
      if (spec !== undefined) found.set(name.toLowerCase(), spec);
      if (found.size === mostKernelspecs) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** `undefined` where there is none, or none that can be used. */
function read(place: string, name: string, workspace: string): Kernelspec | undefined {
  try {
    const file = realpathSync(join(place, name, 'kernel.json'));
    const steps = [file, realpathSync(join(place, name)), realpathSync(place)];
    if (steps.some((step) => isWithin(step, workspace))) return undefined;
    const { argv, language, env, interrupt_mode } = readKernelJson(file, presentable);
    if (['python', 'replique'].includes(language.toLowerCase())) return undefined;
    return { name, language, argv, env, interruptMode: interrupt_mode, directory: join(file, '..') };
  } catch {
    return undefined;
  }
}
