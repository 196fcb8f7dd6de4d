import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a server needs to do its work, and whether it is there: each `undefined`, or what is wrong in a few words. */
export type Readiness = Readonly<Record<'kernelspecs' | 'root' | 'runtime', string | undefined>>;

export interface Needs {
  /** Whether a kernel is installed that could be started. */
  readonly hasKernelspec: () => boolean;
  /** The directory that is served. */
  readonly root: string;
  /** Where connection files go; made when the first is written. */
  readonly runtime: () => string;
}

/** Looks for what is needed. Never throws, and says no path: who asks may be anybody. */
export async function readiness({ hasKernelspec, root, runtime }: Needs): Promise<Readiness> {
  return {
    kernelspecs: hasKernelspec() ? undefined : 'no kernel is installed that could be started',
    root: await problemOf(root),
    runtime: await problemOf(runtime(), { orParent: true }),
  };
}

async function problemOf(
  directory: string,
  { orParent }: { readonly orParent?: boolean } = {},
): Promise<string | undefined> {
  try {
    if (!(await stat(directory)).isDirectory()) return 'it is no directory';
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && orParent && dirname(directory) !== directory) {
      return problemOf(dirname(directory), { orParent });
    }
    return code === 'ENOENT' ? 'it is not there' : 'it can’t be written';
  }
}
