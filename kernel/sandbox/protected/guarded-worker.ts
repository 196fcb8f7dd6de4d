import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import type { ExecuteOptions, ExecuteOutcome } from '../contract.ts';
import { delegatingWorker } from '../delegating-worker.ts';
import type { SessionWorker } from '../session-worker.ts';
import { record, type Seen } from './record.ts';
import { restore, type SetAside, type Undone } from './restore.ts';

/** As many files of a session are set aside, and as many are named in a sentence. */
const mostSetAside = 200;
const mostNamed = 8;
/** Characters of three bytes at most: a name may have 255 of these. */
const longestName = 70;

export interface GuardOptions {
  readonly workspace: string;
  /** The notebook that the session belongs to, which its editor writes whenever it likes. */
  readonly notebook: string | undefined;
  /** Where what was undone is kept. */
  readonly setAside: string;
  /** Told of each helper that had changed something. Must not throw. */
  readonly onUndone: (undone: readonly Undone[], options: ExecuteOptions) => void;
}

/**
 * Makes a worker after whose helpers protected files are what they were before. A person's own cells may change them:
 * that is what they typed.
 */
export function guardedWorker(worker: SessionWorker, options: GuardOptions): SessionWorker {
  const { workspace, notebook } = options;
  const isOwn = (path: string): boolean => notebook !== undefined && join(workspace, path) === notebook;
  const setAside = keeper(options.setAside);
  let last: Seen | undefined;
  const toRecord = { workspace, isOwn, since: now() };

  const execute = async (run: ExecuteOptions): Promise<ExecuteOutcome> => {
    if (run.origin?.kind !== 'helper') return worker.execute(run);
    const before = await record(toRecord, last);
    const began = now();
    const outcome = await worker.execute(run);
    const after = await record({ ...toRecord, mostNew: mostSetAside }, before);
    const undone = await restore(workspace, before, after, { began, setAside }).catch(() => []);
    last = undone.length === 0 ? after : undefined;
    if (undone.length === 0) return outcome;
    options.onUndone(undone, run);
    return { ...outcome, notice: [outcome.notice, sentence(undone)].filter(Boolean).join(' ') };
  };
  return delegatingWorker(worker, { execute });
}

/** The clock of files runs behind by up to a tick of the system. */
const tickMs = 10;
const now = (): bigint => BigInt(Date.now() - tickMs) * 1_000_000n;

function keeper(directory: string): SetAside {
  let count = 0;
  return async (path, content) => {
    if (count === mostSetAside) return false;
    count += 1;
    makeDirectories(directory, 0o700);
    const name = `${count}-${randomBytes(2).toString('hex')}-${basename(path).slice(0, longestName)}`;
    await writeFile(join(directory, name), content, { flag: 'wx', mode: 0o600 });
    return true;
  };
}

/** For reader and model. */
function sentence(undone: readonly Undone[]): string {
  const of = (how: Undone['how'], words: string): string[] => {
    const paths = undone.filter((each) => each.how === how).map(({ path }) => path);
    if (paths.length === 0) return [];
    const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : '';
    return [`${words} ${paths.slice(0, mostNamed).map(shown).join(', ')}${more}.`];
  };
  return [
    'Helpers may not change files that other programs run or obey by themselves.',
    ...of('put back', 'Put back:'),
    ...of('removed', 'Removed again:'),
    ...of('not undone', 'Changed, and too large or too hidden to be put back:'),
    'What was written there is set aside; in a cell of your own (%%bash, %%python) you may change them.',
  ].join(' ');
}

const shown = (path: string): string => JSON.stringify(path).slice(1, -1);
