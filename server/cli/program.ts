import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const manifest = z.object({ name: z.literal('replique') });

/** Where the package lies: the nearest directory upward with our package.json, from dist/ as from the sources. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    const file = join(directory, 'package.json');
    if (existsSync(file) && manifest.safeParse(JSON.parse(readFileSync(file, 'utf8'))).success)
      return directory;
    if (dirname(directory) === directory) throw new Error('Replique’s own package.json is missing.');
  }
}

/** A file of the built package. */
export const programFile = (...path: string[]): string => join(packageRoot, 'dist', ...path);

/** The kernel's program. */
export const kernelProgram = (): string => programFile('kernel.js');
