import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { programFile } from '../program.ts';
import { replaceDirectory } from './replace.ts';

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
  await replaceDirectory(target, (draft) =>
    cp(programFile('labextensions', name), draft, { recursive: true }),
  );
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
