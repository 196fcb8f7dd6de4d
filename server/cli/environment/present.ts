import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { presentSchema, type Present } from '../../../kernel/environment/schema.ts';
import { kernelProgram } from '../program.ts';
import { failureOf } from '../setup/kernel-setup.ts';

const mostBytes = 2 ** 20;
const run = promisify(execFile);

/**
 * Has the kernel's program say what a session's results would depend on now.
 * @throws RepliqueError with the kernel's own sentence, or KERNEL_DIED
 */
export async function presentEnvironment(program = kernelProgram()): Promise<Present> {
  try {
    const { stdout } = await run(process.execPath, [program, 'environment'], { maxBuffer: mostBytes });
    return presentSchema.parse(JSON.parse(stdout));
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw failureOf(stderr, 'it could not say what the environment is.');
  }
}
