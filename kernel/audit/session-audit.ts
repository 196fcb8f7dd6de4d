import { userInfo } from 'node:os';
import type { AuditData } from '../protocol/audit.ts';
import { plain } from './chain.ts';
import type { ExecuteOptions, Launcher, Limits, RunOrigin, WorkerEvent } from '../sandbox/contract.ts';
import { noAudit, openAudit, type Audit } from './log.ts';

export interface SessionAuditOptions {
  readonly enabled: boolean;
  readonly directory: string;
  readonly keyFile: string;
  readonly keepDays: number | undefined;
  readonly session: string;
  /** Version of Replique. */
  readonly version: string;
  readonly workspace: string;
  readonly notebook: string | undefined;
  readonly sandbox: Launcher['name'];
}

const longestPlace = 4096;
const longestPath = 500;
const mostPaths = 50;

/** Begins the audit of a kernel's session with its first event. */
export function openSessionAudit(options: SessionAuditOptions): Audit {
  if (!options.enabled) return noAudit;
  const { directory, keyFile, keepDays, session, version, workspace, notebook, sandbox } = options;
  const { username, uid } = whoRuns();
  return openAudit({
    ...{ directory, keyFile, keepDays, session },
    user: username,
    start: {
      version,
      uid,
      pid: process.pid,
      workspace: workspace.slice(0, longestPlace),
      ...(notebook !== undefined && { notebook: notebook.slice(0, longestPlace) }),
      sandbox,
    },
  });
}

/** What records each process of the worker. */
export function workerObserver(
  audit: Audit,
  sandbox: Launcher['name'],
  limits: Limits,
): (event: WorkerEvent) => void {
  return (event) => {
    if (event.kind === 'started') audit.note('worker-start', { sandbox, limits, restored: event.restored });
    else {
      const { status, breach, excess } = event;
      if (excess) audit.note('limit', excess);
      audit.note('worker-end', { status, ...(breach !== undefined && { breach: breach.slice(0, 200) }) });
    }
  };
}

/** What is recorded of files that were put back. */
export function restoredEvent(
  undone: readonly { readonly path: string }[],
  origin: RunOrigin | undefined,
): AuditData<'file-restored'> {
  const place = origin?.kind === 'helper' ? { turn: origin.turn, helper: origin.helper } : {};
  const paths = undone.slice(0, mostPaths).map(({ path }) => path.slice(0, longestPath));
  return { ...place, paths, files: undone.length };
}

/** What is recorded of a helper that asked for something before it ran. */
export function validationEvent(
  verdict: Omit<AuditData<'validation'>, 'code_sha256' | 'turn' | 'helper' | 'decisions'> & {
    readonly decisions: readonly AuditData<'validation'>['decisions'][number][];
  },
  { code, origin }: Pick<ExecuteOptions, 'code' | 'origin'>,
): AuditData<'validation'> {
  const place = origin?.kind === 'helper' ? { turn: origin.turn, helper: origin.helper } : {};
  return { ...place, code_sha256: plain(code), ...verdict, decisions: [...verdict.decisions] };
}

function whoRuns(): { readonly username: string; readonly uid: number } {
  const uid = process.getuid?.() ?? -1;
  try {
    return { username: userInfo().username.slice(0, 200), uid };
  } catch {
    return { username: `uid ${uid}`, uid }; // a container's user may have no name
  }
}
