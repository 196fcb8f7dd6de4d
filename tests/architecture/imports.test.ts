import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { allowed, reachable } from './import-rules.js';

const root = join(import.meta.dirname, '..', '..');

function filesBelow(folder: string): string[] {
  return ts.sys.readDirectory(join(root, folder), ['.ts']).map((file) => file.slice(root.length + 1));
}

/** Relative imports of a file, as paths from the repository's root. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)));
}

const within = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

describe('who may import whom', () => {
  it.each(Object.keys(allowed))('%s imports only what the table allows', (folder) => {
    const broken = filesBelow(folder).flatMap((file) =>
      importsOf(file)
        .filter((path) => path !== 'package.json')
        .filter((path) => !reachable(folder).some((place) => within(path, place)))
        .map((path) => `${file} imports ${path}`),
    );
    expect(broken).toEqual([]);
  });

  it('covers every folder of kernel/ and server/', () => {
    const folders = new Set(filesBelow('kernel').map((file) => dirname(file)));
    const uncovered = [...folders].filter(
      (folder) => folder !== 'kernel' && !Object.keys(allowed).some((place) => within(folder, place)),
    );
    expect(uncovered).toEqual([]);
  });

  it('lets only the composition roots import everything', () => {
    const roots = filesBelow('kernel').filter((file) => dirname(file) === 'kernel');
    expect(roots.toSorted()).toEqual(
      [
        'kernel/alive.ts',
        'kernel/attempts.ts',
        'kernel/config-schema.ts',
        'kernel/config.ts',
        'kernel/errors.ts',
        'kernel/files.ts',
        'kernel/assembly.ts',
        'kernel/kernel-session.ts',
        'kernel/kernel.ts',
        'kernel/kernelspecs.ts',
        'kernel/library.ts',
        'kernel/commands.ts',
        'kernel/main.ts',
        'kernel/optimizer.ts',
        'kernel/model-list.ts',
        'kernel/markup.ts',
        'kernel/near.ts',
        'kernel/paths.ts',
        'kernel/processes.ts',
        'kernel/run-kernel.ts',
        'kernel/sandbox-control.ts',
        'kernel/spending.ts',
        'kernel/turns.ts',
      ].toSorted(),
    );
  });
});
