import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../files.ts';
import { readOrMakeKey } from './key.ts';

/** What keeps the audit from being written, by writing something there; `undefined` where nothing does. */
export function auditProblem(directory: string, keyFile: string): string | undefined {
  let trial: string | undefined;
  try {
    readOrMakeKey(keyFile);
    makeDirectories(directory, 0o700);
    trial = mkdtempSync(join(directory, '.check-'));
    writeFileSync(join(trial, 'file'), 'x');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (trial !== undefined) rmSync(trial, { recursive: true, force: true });
  }
}
