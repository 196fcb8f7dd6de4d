import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z, type ZodType } from 'zod';
import { makeDirectories } from '../files.ts';
import { dataDir } from '../paths.ts';

/** Who was asked, and about what. */
interface Asked {
  /** Absolute path of the interpreter. */
  readonly executable: string;
  /** Absent: about itself. */
  readonly topic?: string;
}

/**
 * What an interpreter said of itself, kept between kernels: to ask it takes a twentieth of a second of each start. It
 * holds as long as the interpreter, its environment and the `proofs` of the answer are the same files and directories.
 * @param proofs what the answer relies on
 */
export function knownAnswer<T>(
  asked: Asked,
  schema: ZodType<T>,
  proofs: (answer: T) => readonly string[],
): T | undefined {
  try {
    const entry = z.object({ stamp: z.string(), answer: schema });
    const { stamp, answer } = entry.parse(JSON.parse(readFileSync(fileOf(asked), 'utf8')));
    return stamp === stampOf(asked, proofs(answer)) ? answer : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps an answer. Where it can't be kept, the interpreter is asked again. */
export function keepAnswer(asked: Asked, answer: unknown, proofs: readonly string[]): void {
  try {
    const file = fileOf(asked);
    makeDirectories(dirname(file), 0o700);
    const draft = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      writeFileSync(draft, JSON.stringify({ stamp: stampOf(asked, proofs), answer }), {
        mode: 0o600,
        flag: 'wx',
      });
      renameSync(draft, file);
    } catch {
      rmSync(draft, { force: true });
    }
  } catch {
    // Said above.
  }
}

function fileOf({ executable, topic }: Asked): string {
  const name = createHash('sha256')
    .update(`${executable}${topic === undefined ? '' : `\0${topic}`}`)
    .digest('hex')
    .slice(0, 32);
  return join(dataDir(), 'python', 'known', `${name}.json`);
}

/** @throws Error where one of the files is not there */
function stampOf({ executable }: Asked, proofs: readonly string[]): string {
  const files = [executable, realpathSync(executable), ...proofs];
  const configuration = join(dirname(dirname(executable)), 'pyvenv.cfg');
  const of = (file: string): string => {
    const { ino, size, mtimeMs, ctimeMs } = statSync(file);
    return [file, ino, size, mtimeMs, ctimeMs].join(' ');
  };
  const environment = statSync(configuration, { throwIfNoEntry: false }) ? of(configuration) : '';
  return createHash('sha256')
    .update([...files.map(of), environment].join('\n'))
    .digest('hex');
}
