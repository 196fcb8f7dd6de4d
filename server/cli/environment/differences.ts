import { differencesOf, type Difference } from '../../../kernel/environment/compare.ts';
import type { Present } from '../../../kernel/environment/schema.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { recordedIn } from './recorded.ts';

/** What is known of how the environment is another one than a notebook records. */
export interface EnvironmentReport {
  readonly differences: readonly Difference[];
  /** Why it is not known, in a sentence. */
  readonly problem?: string;
}

/**
 * How the present environment differs from the recorded one in what code may come to, and in the model's weights; undefined where none is recorded.
 * @param present or what is wrong where it is not known
 * @param files of the workspace that are others
 */
export function reportEnvironment(
  { notebook }: NotebookFile,
  present: Present | Error,
  files: readonly Difference[] = [],
): EnvironmentReport | undefined {
  const recorded = recordedIn(notebook);
  if (recorded === undefined) return files.length > 0 ? { differences: files } : undefined;
  if ('problem' in recorded) {
    return { differences: files, problem: `The record of its environment ${recorded.problem}.` };
  }
  if (present instanceof Error) return { differences: files, problem: present.message };
  const differences = differencesOf(recorded.environment, present.environment, present.models);
  return { differences: [...files, ...differences.filter(isTold)] };
}

/** That a model of the same name is another one is told, though a verify asks none. */
const isTold = (difference: Difference): boolean => concernsCode(difference) || difference.kind === 'weights';

export const concernsCode = ({ concerns }: Difference): boolean => concerns === 'code';
