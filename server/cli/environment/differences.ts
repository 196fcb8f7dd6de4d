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
 * How the present environment differs from the recorded one in what code may come to; undefined where none is recorded.
 * @param present or what is wrong where it is not known
 */
export function reportEnvironment(
  { notebook }: NotebookFile,
  present: Present | Error,
): EnvironmentReport | undefined {
  const recorded = recordedIn(notebook);
  if (recorded === undefined) return undefined;
  if ('problem' in recorded) {
    return { differences: [], problem: `The record of its environment ${recorded.problem}.` };
  }
  if (present instanceof Error) return { differences: [], problem: present.message };
  const differences = differencesOf(recorded.environment, present.environment);
  return { differences: differences.filter(concernsCode) };
}

export const concernsCode = ({ concerns }: Difference): boolean => concerns === 'code';
