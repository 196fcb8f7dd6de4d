import { differencesOf, type Difference } from '../../../kernel/environment/compare.ts';
import type { Environment, Present } from '../../../kernel/environment/schema.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { readRegularFile } from '../../../kernel/files.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { lockOf, mostLockBytes, readLock } from './lock.ts';
import { recordedIn } from './recorded.ts';
import { listed, remedyFor } from './words.ts';

/** Differences that a refusal names. */
const mostNamed = 8;

interface Locked {
  readonly environment: Environment;
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
  return { environment: found.environment, ...(text !== undefined && { lock }) };
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

/**
 * Makes sure that the present environment is the one that a notebook is locked to.
 * @param counts which differences do
 * @throws RepliqueError ENVIRONMENT_DIFFERS, ENVIRONMENT_UNKNOWN, ENVIRONMENT_INVALID
 */
export function checkLocked(
  file: NotebookFile,
  { environment: present }: Present,
  counts: (difference: Difference) => boolean = () => true,
): void {
  const { environment, lock } = lockedEnvironment(file);
  const differences = differencesOf(environment, present).filter(
    (difference) => difference.isBinding && counts(difference),
  );
  if (differences.length === 0) return;
  throw repliqueError('ENVIRONMENT_DIFFERS', {
    notebook: file.path,
    differences: listed(differences, mostNamed),
    remedy: remedyFor(differences, environment, file.path, lock),
  });
}
