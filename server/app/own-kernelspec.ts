import { join } from 'node:path';
import { kernelProgram, packageRoot } from '../cli/program.ts';
import { describeSpec, type Kernelspec } from '../services/kernelspecs/manager.ts';

/** Replique's own kernel, where it is not installed. */
export function ownKernelspec(): Kernelspec {
  const directory = join(packageRoot, 'kernelspec');
  const { spec, ...rest } = describeSpec('replique', directory, join(directory, 'kernel.json'));
  const argv = spec.argv.map((part) =>
    part.replace('{node}', process.execPath).replace('{kernel}', kernelProgram()),
  );
  return { ...rest, spec: { ...spec, argv } };
}
