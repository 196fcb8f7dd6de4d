import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { markOf, stillRuns } from '../../../../kernel/processes.ts';
import { readValue, writeNew, writeWhole } from './files.ts';

/**
 * Who has a directory: the process with the highest number. Each number is given once (its file is made only where there is
 * none, and the highest is never removed), so of two that want to be next, one becomes it.
 */

const claim = z.object({
  pid: z.int().positive(),
  started: z.string().max(100).optional(),
  /** It has let go of the directory. */
  left: z.boolean().optional(),
});

const fileOf = (directory: string, generation: number): string => join(directory, `claim-${generation}.json`);

/** The number of who had the directory last; 0: nobody. */
export const latest = (directory: string): number => Math.max(0, ...numbersIn(directory));

const numbersIn = (directory: string): readonly number[] =>
  readdirSync(directory).flatMap((name) => Number(/^claim-(\d{1,9})\.json$/.exec(name)?.[1] ?? []));

/** Whether somebody has the directory who still runs. */
export function isHeld(directory: string, generation = latest(directory)): boolean {
  const found = claim.safeParse(readValue(fileOf(directory, generation)));
  return found.success && found.data.left !== true && stillRuns(found.data);
}

/**
 * Takes the directory after who had it last; what those before have left of theirs goes.
 * @param after their number
 * @returns the own number; `undefined` where another was faster
 * @throws Error where it can't be written
 */
export function take(directory: string, after = latest(directory)): number | undefined {
  const own = after + 1;
  if (!writeNew(fileOf(directory, own), markOf(process.pid))) return undefined;
  const numbers = numbersIn(directory);
  const hasOthers = numbers.some((number) => number > own); // long after: that number's file was removed
  for (const number of hasOthers ? [own] : numbers.filter((each) => each < own)) {
    rmSync(fileOf(directory, number), { force: true });
  }
  return hasOthers ? undefined : own;
}

/** Lets go of the directory. @throws Error where it can't be written */
export function leave(directory: string, generation: number): void {
  writeWhole(fileOf(directory, generation), { ...markOf(process.pid), left: true });
}
