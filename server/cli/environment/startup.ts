import { lstat, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** setuptools, which some Pythons put into each new environment, brings it; a worker does without. */
const expendable = 'distutils-precedence.pth';

/** What `bin` holds of an interpreter, and what it reads there before it knows where it lies (`Modules/getpath.py`). */
const interpreters = /^python[\d.]*$|^pyvenv\.cfg$|^pybuilddir\.txt$|\._pth$/i;

/**
 * Watches that packages bring nothing that an interpreter runs as it starts, and so outside the sandbox, where it is asked about
 * itself: startup files of `site` (https://docs.python.org/3/library/site.html), another interpreter, another `pyvenv.cfg`.
 * @param directory an environment without packages
 * @returns throws an Error with a sentence where there is such a thing now
 */
export async function watchStartup(directory: string): Promise<() => Promise<void>> {
  const before = await interpreterOf(directory);
  return async () => {
    if ((await interpreterOf(directory)) !== before) {
      throw new Error('a package would replace its interpreter.');
    }
    for (const packages of await packagesOf(directory)) await checkPackages(packages);
  };
}

/** All that says which program `bin/python` is and where it looks. */
async function interpreterOf(directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  const names = (await readdir(bin)).filter((name) => interpreters.test(name)).toSorted();
  const files = [join(directory, 'pyvenv.cfg'), ...names.map((name) => join(bin, name))];
  const links = [join(directory, 'lib64'), ...(await packagesOf(directory))];
  return JSON.stringify(await Promise.all([...files, ...links].map(described)));
}

async function described(path: string): Promise<string> {
  const info = await lstat(path).catch(() => undefined);
  if (info?.isSymbolicLink()) return `${path} ${await readlink(path)}`;
  return info?.isFile() ? `${path} ${await readFile(path, 'base64')}` : `${path} ${info?.isDirectory()}`;
}

async function packagesOf(directory: string): Promise<string[]> {
  const lib = join(directory, 'lib');
  const versions = (await readdir(lib)).filter((name) => name.startsWith('python')).toSorted();
  return versions.map((version) => join(lib, version, 'site-packages'));
}

async function checkPackages(packages: string): Promise<void> {
  await rm(join(packages, expendable), { force: true });
  for (const name of await readdir(packages)) {
    const isStartup = /^(?:site|user)customize(?:\.|$)/i.test(name);
    const isCode = /\.pth$/i.test(name) && /import\s/.test(await readFile(join(packages, name), 'latin1'));
    if (!isStartup && !isCode) continue;
    throw new Error(`a package brings ${name}, which would run outside the sandbox as Python starts.`);
  }
}
