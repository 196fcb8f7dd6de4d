import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import { kernelProgram, packageRoot } from '../program.ts';

export interface SpecOptions {
  readonly name: string;
  readonly displayName?: string | undefined;
  /** Variables that the kernel is started with. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The language says whose spec it is. */
const ourSpec = z.looseObject({ language: z.literal('replique') });

const template = z.looseObject({ argv: z.array(z.string()), display_name: z.string() });

const names = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

/**
 * Writes the kernelspec, complete or not at all; one of ours with that name is replaced.
 * @param kernels directory of kernelspecs
 * @returns its directory
 * @throws RepliqueError KERNELSPEC_INVALID, NOT_WRITABLE
 */
export async function installSpec(kernels: string, options: SpecOptions): Promise<string> {
  const target = specDirectory(kernels, options.name);
  await refuseForeign(target);
  const source = join(packageRoot, 'kernelspec');
  const spec = template.parse(JSON.parse(await readFile(join(source, 'kernel.json'), 'utf8')));
  const programs: Readonly<Record<string, string>> = {
    '{node}': process.execPath,
    '{kernel}': kernelProgram(),
  };
  const complete = {
    ...spec,
    argv: spec.argv.map((part) => programs[part] ?? part),
    display_name: options.displayName ?? spec.display_name,
    ...(options.env && { env: options.env }),
  };
  const fresh = `${target}.${process.pid}`;
  try {
    await makeDirectories(kernels);
    await cp(source, fresh, { recursive: true });
    await writeFile(join(fresh, 'kernel.json'), `${JSON.stringify(complete, null, 2)}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target);
  } catch (error) {
    throw repliqueError(
      'NOT_WRITABLE',
      { path: target, problem: (error as Error).message },
      { cause: error },
    );
  } finally {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined); // there may be no such place
  }
  return target;
}

/** Level by level: Node's own recursive one never ends below /proc. */
async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    await makeDirectories(dirname(path));
    await mkdir(path);
  }
}

/**
 * Removes the kernelspec if it is ours.
 * @returns its directory, or undefined where there was none
 * @throws RepliqueError KERNELSPEC_INVALID
 */
export async function uninstallSpec(kernels: string, name: string): Promise<string | undefined> {
  const target = specDirectory(kernels, name);
  if ((await ownerOf(target)) === 'none') return undefined;
  await refuseForeign(target);
  await rm(target, { recursive: true, force: true });
  return target;
}

function specDirectory(kernels: string, name: string): string {
  if (names.test(name)) return join(kernels, name);
  throw repliqueError('KERNELSPEC_INVALID', {
    problem: `"${name}" can't be the name of a kernel.`,
    remedy: 'Use letters, digits, dots, dashes and underscores.',
  });
}

async function ownerOf(directory: string): Promise<'ours' | 'foreign' | 'none'> {
  try {
    const text = await readFile(join(directory, 'kernel.json'), 'utf8');
    return ourSpec.safeParse(JSON.parse(text)).success ? 'ours' : 'foreign';
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'none' : 'foreign';
  }
}

async function refuseForeign(target: string): Promise<void> {
  if ((await ownerOf(target)) !== 'foreign') return;
  throw repliqueError('KERNELSPEC_INVALID', {
    problem: `${target} holds the kernelspec of another kernel.`,
    remedy: 'Choose another name with --name.',
  });
}
