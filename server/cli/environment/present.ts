import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  mostModels,
  presentSchema,
  type ModelIdentity,
  type Present,
} from '../../../kernel/environment/schema.ts';
import { kernelProgram } from '../program.ts';
import { failureOf } from '../setup/kernel-setup.ts';

const mostBytes = 2 ** 20;
const run = promisify(execFile);

interface Asked {
  /** The Python of helpers; absent: the configured one. */
  readonly python?: string | undefined;
  /** Of which it is to say what is known. */
  readonly models?: readonly Pick<ModelIdentity, 'provider' | 'name'>[];
  /** Path of the kernel's program. */
  readonly program?: string;
}

/**
 * Has the kernel's program say what a session's results would depend on now.
 * @throws RepliqueError with the kernel's own sentence, or KERNEL_DIED
 */
export async function presentEnvironment({
  python,
  models = [],
  program = kernelProgram(),
}: Asked = {}): Promise<Present> {
  const env = { ...process.env, ...(python !== undefined && { REPLIQUE_PYTHON: python }) };
  try {
    const names = models.slice(0, mostModels).map(({ provider, name }) => `${provider}:${name}`);
    const args = [program, 'environment', ...names];
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: mostBytes });
    return presentSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw failureOf(stderr, 'it could not say what the environment is.');
  }
}
