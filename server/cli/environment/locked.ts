import { differencesOf, type Difference } from '../../../kernel/environment/compare.ts';
import type { Present } from '../../../kernel/environment/schema.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { readRegularFile } from '../../../kernel/files.ts';
import type { NotebookFile } from '../notebook/read.ts';
import type { Build, Built } from './build.ts';
import { lockOf, mostLockBytes, readLock, type Lock } from './lock.ts';
import { recordedIn } from './recorded.ts';
import { listed, remedyFor } from './words.ts';

/** Differences that a refusal names. */
const mostNamed = 8;

interface Locked extends Lock {
  /** Path of the lock file; absent: the notebook's own record counts. */
  readonly lock?: string;
}

/**
 * The environment that a notebook is locked to: that of the lock file beside it, else the one that it records.
 * @throws RepliqueError ENVIRONMENT_UNKNOWN, ENVIRONMENT_INVALID
 */
function lockedEnvironment({ path, notebook }: NotebookFile): Locked {
  const lock = lockOf(path);
  const text = textOf(lock);
  const file = text === undefined ? path : lock;
  const found = text === undefined ? recordedIn(notebook) : readLock(text);
  if (found === undefined) throw repliqueError('ENVIRONMENT_UNKNOWN', { notebook: path, lock });
  if ('problem' in found) throw repliqueError('ENVIRONMENT_INVALID', { file, problem: found.problem });
  return { hashes: new Map(), ...found, ...(text !== undefined && { lock }) };
}

/** @throws RepliqueError ENVIRONMENT_INVALID where something is there that can't be read */
function textOf(file: string): string | undefined {
  try {
    return readRegularFile(file, mostLockBytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw repliqueError('ENVIRONMENT_INVALID', { file, problem: `can't be read: ${message}` });
  }
}

/** How the environment of a locked notebook is settled. */
export interface Settling {
  /** Which differences keep it from being executed. */
  readonly counts: (difference: Difference) => boolean;
  /** Makes another Python. */
  readonly build: Build;
}

/**
 * Makes sure that there is the environment that a notebook is locked to: the present one, or the present one with a Python of
 * its own that is made for it.
 * @returns that Python; undefined where the present one fits
 * @throws RepliqueError ENVIRONMENT_DIFFERS, ENVIRONMENT_NOT_MADE, ENVIRONMENT_UNKNOWN, ENVIRONMENT_INVALID
 */
export async function settleLocked(
  file: NotebookFile,
  present: Present,
  { counts, build }: Settling,
): Promise<Built | undefined> {
  const { environment, hashes, lock } = lockedEnvironment(file);
  const differencesTo = (found: Present) =>
    differencesOf(environment, found.environment, found.models).filter((one) => one.isBinding && counts(one));
  const remedy = (differences: readonly Difference[]) => remedyFor(differences, environment, file.path, lock);
  const refuse = (differences: readonly Difference[]): void => {
    if (differences.length === 0) return;
    const words = listed(differences, mostNamed);
    const details = { notebook: file.path, differences: words, remedy: remedy(differences) };
    throw repliqueError('ENVIRONMENT_DIFFERS', details);
  };
  const differences = differencesTo(present);
  refuse(differences.filter((difference) => !isOfPython(difference)));
  if (differences.length === 0) return undefined;
  const built = await build({ environment, hashes }, present, file.path).catch((error: unknown) => {
    const problem = `${(error as Error).message}\n  (${listed(differences, mostNamed)})`;
    const details = { notebook: file.path, problem, remedy: remedy(differences) };
    throw repliqueError('ENVIRONMENT_NOT_MADE', details, { cause: error });
  });
  try {
    refuse(differencesTo(built.present));
    return built;
  } catch (error) {
    await built.release();
    throw error;
  }
}

const isOfPython = ({ kind }: Difference): boolean => kind === 'python' || kind === 'package';
