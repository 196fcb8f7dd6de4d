import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, notWritable } from '../../../kernel/files.ts';
import { programFile } from '../program.ts';

const name = 'replique-jupyterlab';

/** Prebuilt extensions of JupyterLab lie beside the kernelspecs (jupyter_core, data directories). */
const placeBeside = (kernels: string): string => join(kernels, '..', 'labextensions', name);

/**
 * Puts the extension of JupyterLab beside the kernelspecs, complete or not at all; an older one is replaced.
 * @returns its directory
 * @throws RepliqueError NOT_WRITABLE
 */
export async function installExtension(kernels: string): Promise<string> {
  const target = placeBeside(kernels);
  const fresh = `${target}.${process.pid}`;
  makeDirectories(join(target, '..'));
  try {
    await cp(programFile('labextensions', name), fresh, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target);
  } catch (error) {
    throw notWritable(target, error as Error);
  } finally {
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined); // there may be no such place
  }
  return target;
}

/**
 * Removes the extension again.
 * @returns its directory, or undefined where there was none
 */
export async function uninstallExtension(kernels: string): Promise<string | undefined> {
  const target = placeBeside(kernels);
  if (!existsSync(target)) return undefined;
  await rm(target, { recursive: true, force: true });
  return target;
}
