import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { readRegularFile } from './files.ts';
import { jupyterDataDir } from './paths.ts';

/** Jupyter's installed kernels: where they are looked for, and what their files say. */

const mostBytes = 64 * 1024;

/** A process can't be given what ends strings in C. */
const text = (most: number): z.ZodString =>
  z
    .string()
    .max(most)
    .regex(/^[^\0]*$/);

/** kernel.json, after Jupyter's documentation (Making kernels for Jupyter, Kernel specs). */
export const kernelJson = z.object({
  argv: z.array(text(4096)).min(1).max(100),
  display_name: z.string().max(200),
  language: z.string().max(200),
  env: z.record(z.string().regex(/^[^=\0]{1,200}$/), text(10_000)).default({}),
  interrupt_mode: z.enum(['signal', 'message']).default('signal'),
});

/** After jupyter_core.paths, `jupyter_path`: the directories of kernelspecs, in the order in which Jupyter looks. */
export function kernelspecPlaces(prefixes: readonly string[]): readonly string[] {
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

/** Names that a kernelspec can have, after jupyter_client's kernelspec.py, of at most `longest` characters. */
export function kernelspecNames(place: string, longest: number): readonly string[] {
  const valid = /^[a-z0-9._-]+$/i;
  try {
    return readdirSync(place)
      .filter((name) => valid.test(name) && name.length <= longest)
      .sort();
  } catch {
    return [];
  }
}

/**
 * Reads a kernel.json.
 * @throws Error, and ZodError, where it is not there or is none
 */
export function readKernelJson<S extends z.ZodType>(file: string, schema: S): z.infer<S> {
  return schema.parse(JSON.parse(readRegularFile(file, mostBytes)));
}

/**
 * The program of a kernelspec: in the installation that the kernelspec belongs to, as Jupyter does with its own `python`;
 * then as a shell finds it.
 * @param directory of kernel.json
 * @returns its absolute path, undefined where there is none
 */
export function locateProgram(command: string, directory: string): string | undefined {
  if (isAbsolute(command)) return command;
  const prefix = /^(.+)\/share\/jupyter\/kernels\/[^/]+$/.exec(directory)?.[1];
  return onPath(command, prefix === undefined ? [] : [join(prefix, 'bin')]);
}

/** A program as a shell finds it; `first` are looked at before PATH. */
export function onPath(command: string, first: readonly string[] = []): string | undefined {
  const directories = [...first, ...(process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)];
  return directories.map((directory) => join(directory, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
