import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath } from '../../../kernel/kernelspecs.ts';

/**
 * The Python of an installation that has nbconvert.
 * @param prefix the installation that is looked at first; then comes the one whose `jupyter-nbconvert` a shell would start
 */
export function pythonWithNbconvert(prefix: string): string | undefined {
  const program = onPath('jupyter-nbconvert');
  const prefixes = [prefix, ...(program === undefined ? [] : [dirname(dirname(program))])];
  return prefixes.filter(hasNbconvert).map((each) => join(each, 'bin', 'python'))[0];
}

function hasNbconvert(prefix: string): boolean {
  const library = join(prefix, 'lib');
  if (!existsSync(library) || !existsSync(join(prefix, 'bin', 'python'))) return false;
  return readdirSync(library).some((name) =>
    existsSync(join(library, name, 'site-packages', 'nbconvert', 'exporters')),
  );
}
