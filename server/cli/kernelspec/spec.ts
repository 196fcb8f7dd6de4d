import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readRegularFile } from '../../../kernel/files.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { kernelProgram, packageRoot } from '../program.ts';
import { replaceDirectory } from './replace.ts';

export interface SpecOptions {
  readonly name: string;
  readonly displayName?: string | undefined;
  /** Variables that the kernel is started with. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Size of the largest kernel.json that is read. */
const mostSpecBytes = 2 ** 20;

/** The language says whose spec it is. */
const ourSpec = z.looseObject({ language: z.literal('replique') });

const template = z.looseObject({ argv: z.array(z.string()), display_name: z.string() });

/** What a menu can show on its line. */
const shownNames = /^(?=.*\S)[^\p{Cc}\p{Cs}\u2028\u2029]{1,200}$/u;

const names = /^[a-z0-9][a-z0-9._-]{0,99}$/i;

/**
 * Checks the names of a kernelspec, and that none of another kernel is in its way.
 * @returns its directory
 * @throws RepliqueError KERNELSPEC_INVALID
 */
export function checkSpec(kernels: string, { name, displayName }: SpecOptions): string {
  const target = specDirectory(kernels, name);
  refuseUnreadableName(displayName);
  refuseForeign(target);
  return target;
}

/**
 * Writes the kernelspec, complete or not at all; one of ours with that name is replaced.
 * @param kernels directory of kernelspecs
 * @returns its directory
 * @throws RepliqueError KERNELSPEC_INVALID, NOT_WRITABLE
 */
export async function installSpec(kernels: string, options: SpecOptions): Promise<string> {
  const target = checkSpec(kernels, options);
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
  await replaceDirectory(target, async (fresh) => {
    await cp(source, fresh, { recursive: true });
    await writeFile(join(fresh, 'kernel.json'), `${JSON.stringify(complete, null, 2)}\n`);
  });
  return target;
}

/**
 * Removes the kernelspec if it is ours.
 * @returns its directory, or undefined where there was none
 * @throws RepliqueError KERNELSPEC_INVALID, NOT_REMOVABLE
 */
export async function uninstallSpec(kernels: string, name: string): Promise<string | undefined> {
  const target = specDirectory(kernels, name);
  if (ownerOf(target) === 'none') return undefined;
  refuseForeign(target);
  try {
    await rm(target, { recursive: true, force: true });
  } catch (error) {
    const problem = (error as Error).message;
    throw repliqueError('NOT_REMOVABLE', { path: target, problem }, { cause: error });
  }
  return target;
}

/** Whether there is a kernelspec of ours among these. */
export async function hasSpec(kernels: string): Promise<boolean> {
  const found = await readdir(kernels).catch(() => []);
  return found.some((name) => ownerOf(join(kernels, name)) === 'ours');
}

function specDirectory(kernels: string, name: string): string {
  if (names.test(name)) return join(kernels, name);
  throw repliqueError('KERNELSPEC_INVALID', {
    problem: `"${name}" can't be the name of a kernel.`,
    remedy: 'Use letters, digits, dots, dashes and underscores.',
  });
}

function refuseUnreadableName(name: string | undefined): void {
  if (name === undefined || shownNames.test(name)) return;
  throw repliqueError('KERNELSPEC_INVALID', {
    problem: `${JSON.stringify(name.slice(0, 40))} can't be the name that is shown.`,
    remedy: 'Write --display-name TEXT: one line of 1 to 200 characters.',
  });
}

function ownerOf(directory: string): 'ours' | 'foreign' | 'none' {
  const file = join(directory, 'kernel.json');
  try {
    const text = readRegularFile(file, mostSpecBytes);
    return ourSpec.safeParse(JSON.parse(text)).success ? 'ours' : 'foreign';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) return 'foreign';
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
    throw repliqueError('KERNELSPEC_INVALID', {
      problem: `${file} can't be read: ${message}.`,
      remedy: 'Get permission to read it, or name another place or --name.',
    });
  }
}

function refuseForeign(target: string): void {
  if (ownerOf(target) !== 'foreign') return;
  throw repliqueError('KERNELSPEC_INVALID', {
    problem: `${target} holds the kernelspec of another kernel.`,
    remedy: 'Choose another name with --name.',
  });
}
