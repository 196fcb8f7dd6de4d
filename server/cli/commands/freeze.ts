import type { Command } from 'commander';
import type { Environment, Present } from '../../../kernel/environment/schema.ts';
import { describeError, repliqueError } from '../../../kernel/errors.ts';
import { readRegularFile } from '../../../kernel/files.ts';
import { wheelHashes, type Hashes } from '../environment/hashes.ts';
import { isLock, lockOf, lockText, mostLockBytes } from '../environment/lock.ts';
import { presentEnvironment } from '../environment/present.ts';
import { recordedIn } from '../environment/recorded.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { checkWritable, writeWhole } from '../notebook/write.ts';
import { readForRunning } from '../run/read.ts';
import { terminal } from './terminal.ts';

/** `replique freeze`: the environment of a notebook as a file that pip installs from. */
export function freezeCommand(program: Command): void {
  program
    .command('freeze <notebook>')
    .description('write the environment that a notebook records, or else the present one, as a lock file')
    .option('--output <file>', 'where to write it (default: NAME.lock.txt beside the notebook)')
    .action(async (path: string, { output }: { output?: string }) => {
      const file = await readForRunning(path);
      const lock = output ?? lockOf(path);
      checkReplaceable(lock);
      await checkWritable(lock);
      const present = await presentEnvironment().catch((error: unknown) => error as Error);
      const { environment, whose } = environmentOf(file, present);
      const hashes = await hashesOf(environment, present);
      await writeWhole(lock, lockText(environment, hashes));
      const others = environment.python.elsewhere?.length ?? 0;
      if (others > 0) {
        process.stderr.write(
          `Not from an index, and only named in a comment: ${others} of its packages. Install them yourself.\n`,
        );
      }
      process.stderr.write(`The ${whose} environment is written to ${lock}\n`);
    });
}

/** None, and a sentence why, where they can't all be known. */
async function hashesOf(environment: Environment, present: Present | Error): Promise<Hashes> {
  const sink = terminal();
  try {
    if (present instanceof Error) throw present;
    const count = Object.keys(environment.python.packages).length;
    sink.step(`Asking pip’s index for the hashes of ${count} packages …`);
    return await wheelHashes(environment, present);
  } catch (error) {
    sink.step(`The lock has no hashes of its packages, versions only. ${describeError(error, false)}`);
    return new Map();
  }
}

function environmentOf({ path, notebook }: NotebookFile, present: Present | Error) {
  const recorded = recordedIn(notebook);
  if (recorded === undefined) {
    if (present instanceof Error) throw present;
    return { environment: present.environment, whose: 'present' };
  }
  if ('problem' in recorded) {
    throw repliqueError('ENVIRONMENT_INVALID', { file: path, problem: recorded.problem });
  }
  return { environment: recorded.environment, whose: 'recorded' };
}

/** What is there is replaced only where it is a lock file: a person's own requirements are not. */
function checkReplaceable(lock: string): void {
  let text: string;
  try {
    text = readRegularFile(lock, mostLockBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw repliqueError('NOT_WRITABLE', { path: lock, problem: `${(error as Error).message}.` });
  }
  if (text === '' || isLock(text)) return;
  throw repliqueError('NOT_WRITABLE', { path: lock, problem: 'it is another file, which would be lost.' });
}
