import { readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { readRegularFile } from '../../files.ts';
import { jupyterDataDir } from '../../paths.ts';
import { isWithin } from '../../sandbox/mounts.ts';

const mostKernelspecs = 20;
const mostBytes = 64 * 1024;
/** After jupyter_client's kernelspec.py; no longer than what a helper block can name. */
const validName = /^[a-z0-9._-]{1,32}$/i;

/** A process can't be given what ends strings in C. */
const text = (most: number): z.ZodString =>
  z
    .string()
    .max(most)
    .regex(/^[^\0]*$/);

/** kernel.json, after Jupyter's documentation (Making kernels for Jupyter, Kernel specs). */
const kernelJson = z.object({
  argv: z.array(text(4096)).min(1).max(100),
  display_name: z.string().max(200),
  language: z.string().regex(/^[^\p{C}<>"']{1,60}$/u),
  env: z.record(z.string().regex(/^[^=\0]{1,200}$/), text(10_000)).default({}),
  interrupt_mode: z.enum(['signal', 'message']).default('signal'),
});

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
  for (const place of kernelDirectories(prefixes)) {
    for (const name of namesIn(place)) {
      const spec = found.has(name.toLowerCase()) ? undefined : read(place, name, workspace);
      if (spec !== undefined) found.set(name.toLowerCase(), spec);
      if (found.size === mostKernelspecs) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** After jupyter_core.paths, `jupyter_path`. */
function kernelDirectories(prefixes: readonly string[]): readonly string[] {
  const { JUPYTER_PATH = '', VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const environments = [...prefixes, VIRTUAL_ENV, CONDA_PREFIX].filter((prefix) => prefix?.startsWith('/'));
  const bases = [
    ...JUPYTER_PATH.split(delimiter).filter((path) => path.startsWith('/')),
    jupyterDataDir(),
    ...environments.map((prefix) => join(prefix ?? '', 'share', 'jupyter')),
    '/usr/local/share/jupyter',
    '/usr/share/jupyter',
  ];
  return [...new Set(bases)].map((base) => join(base, 'kernels'));
}

function namesIn(place: string): readonly string[] {
  try {
    return readdirSync(place)
      .filter((name) => validName.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** `undefined` where there is none, or none that can be used. */
function read(place: string, name: string, workspace: string): Kernelspec | undefined {
  try {
    const file = realpathSync(join(place, name, 'kernel.json'));
    const steps = [file, realpathSync(join(place, name)), realpathSync(place)];
    if (steps.some((step) => isWithin(step, workspace))) return undefined;
    const { argv, language, env, interrupt_mode } = kernelJson.parse(
      JSON.parse(readRegularFile(file, mostBytes)),
    );
    if (['python', 'replique'].includes(language.toLowerCase())) return undefined;
    return { name, language, argv, env, interruptMode: interrupt_mode, directory: join(file, '..') };
  } catch {
    return undefined;
  }
}
