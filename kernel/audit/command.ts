import { basename, dirname, resolve } from 'node:path';
import { repliqueError } from '../errors.ts';
import type { AuditLine, AuditVerdict } from '../protocol/audit.ts';
import { keyed, type Digest } from './chain.ts';
import { linesOf, listSessions, partFile, sessionNameOf, sessionOf } from './files.ts';
import { readKey } from './key.ts';
import { verifyAll, verifyOne } from './survey.ts';
import { parseEvent } from './verify.ts';

export interface AuditPlace {
  readonly directory: string;
  readonly keyFile: string;
}

type Say = (line: AuditLine) => Promise<void>;

/**
 * Runs `audit verify [FILE]` or `audit show [SESSION]`, and says what it finds as lines of protocol/audit.ts.
 * @returns the exit status: 1 if something is broken
 * @throws RepliqueError AUDIT_UNREADABLE
 */
export async function runAudit(place: AuditPlace, args: readonly string[], say: Say): Promise<number> {
  const [action, argument] = args;
  const directory =
    action === 'verify' && argument !== undefined ? dirname(resolve(argument)) : place.directory;
  try {
    const status =
      action === 'verify'
        ? await verify({ ...place, directory }, argument, say)
        : await show(place, argument ?? '', say);
    await say({ type: 'done', directory });
    return status;
  } catch (error) {
    if (!(error instanceof Error) || !('errno' in error)) throw error;
    const problem = `The audit can't be read: ${error.message}`;
    throw repliqueError(
      'AUDIT_UNREADABLE',
      { problem, remedy: 'Ask as the user whose audit it is.' },
      { cause: error },
    );
  }
}

async function verify(
  { directory, keyFile }: AuditPlace,
  file: string | undefined,
  say: Say,
): Promise<number> {
  if (file === undefined && listSessions(directory).length === 0) return 0;
  const name = file === undefined ? undefined : nameIn(directory, file);
  const digest = digestOf(keyFile);
  const verdicts: Iterable<AuditVerdict> =
    name === undefined ? verifyAll(directory, digest) : [verifyOne(directory, name, digest)];
  let status = 0;
  for (const verdict of verdicts) {
    if (verdict.status === 'broken') status = 1;
    await say({ type: 'verdict', verdict });
  }
  return status;
}

function nameIn(directory: string, file: string): string {
  const name = sessionNameOf(basename(file));
  if (name !== undefined && listSessions(directory).some((session) => session.name === name)) return name;
  throw repliqueError('AUDIT_UNREADABLE', {
    problem: `${file} is not a file of the audit.`,
    remedy: 'Name a .jsonl file of it, or none to check all sessions.',
  });
}

function digestOf(keyFile: string): Digest {
  try {
    return keyed(readKey(keyFile));
  } catch (error) {
    throw repliqueError(
      'AUDIT_UNREADABLE',
      {
        problem: `The key that signs the audit can't be used: ${(error as Error).message}`,
        remedy:
          'Check the audit where it was written, or bring its key back. Without it, no end of a session can be trusted.',
      },
      { cause: error },
    );
  }
}

/** Says the events of each session whose id begins so. */
async function show({ directory }: AuditPlace, session: string, say: Say): Promise<number> {
  const chosen = listSessions(directory).filter(({ name }) => sessionOf(name).startsWith(session));
  if (session !== '' && chosen.length === 0) {
    throw repliqueError('AUDIT_UNREADABLE', {
      problem: `There is no session ${session} in the audit.`,
      remedy: 'Run `npx replique audit show` for all of them.',
    });
  }
  let status = 0;
  for (const { name, parts } of chosen) {
    if (!(await showSession(directory, name, parts, say))) status = 1;
  }
  return status;
}

/** Whether all of it could be read. A last line without an end is a kernel's that was killed. */
async function showSession(
  directory: string,
  name: string,
  parts: readonly number[],
  say: Say,
): Promise<boolean> {
  let isGood = true;
  for (const part of parts) {
    for (const { bytes, isWhole } of linesOf(partFile(directory, name, part))) {
      const event = isWhole ? parseEvent(bytes) : undefined;
      if (event) await say({ type: 'event', event });
      else if (isWhole && isGood) {
        isGood = false;
        await say({ type: 'unreadable', name });
      }
    }
  }
  return isGood;
}

/** Says a line on stdout, as fast as it is read. */
export function sayOnStdout(line: AuditLine): Promise<void> {
  return new Promise((settle) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => settle());
  });
}
