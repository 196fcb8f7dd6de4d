import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyed } from '../../kernel/audit/chain.ts';
import { readKey } from '../../kernel/audit/key.ts';
import { openAudit, type Audit, type AuditOptions } from '../../kernel/audit/log.ts';
import { verifyAll } from '../../kernel/audit/survey.ts';
import {
  auditEvent,
  type AuditData,
  type AuditEvent,
  type AuditKind,
  type AuditVerdict,
} from '../../kernel/protocol/audit.ts';

const start = {
  version: '0.1.0',
  uid: 1000,
  pid: process.pid,
  workspace: '/work',
  sandbox: 'bubblewrap',
} as const;

/** A directory for audits, and what writes and checks them. */
export class AuditPlace {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-audit-')));
  readonly directory = join(this.top, 'audit');
  readonly keyFile = join(this.top, 'audit.key');

  open(session: string, options: Partial<AuditOptions> = {}): Audit {
    const { directory, keyFile } = this;
    return openAudit({ directory, keyFile, session, user: 'ada', start, ...options });
  }

  /** A session with that many runs, ended in an orderly way. */
  write(session: string, runs: number, options: Partial<AuditOptions> = {}): void {
    const audit = this.open(session, options);
    for (let run = 1; run <= runs; run += 1) {
      audit.require('run-start', runStart(run));
      audit.note('run-end', { run, status: 'ok', duration_ms: 3, outputs: 1, output_bytes: 2 });
    }
    audit.close();
  }

  verify(): readonly AuditVerdict[] {
    return [...verifyAll(this.directory, keyed(readKey(this.keyFile)))];
  }

  files(): readonly string[] {
    return readdirSync(this.directory).toSorted();
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}

export const runStart = (run: number): AuditData<'run-start'> => ({
  run,
  cell: run,
  origin: 'cell',
  language: 'python',
  code_sha256: 'c'.repeat(64),
  code_bytes: 8,
  timeout_ms: 1000,
  stdin: false,
});

/** The events in a directory's files, in the order of their sessions and of the events. */
export function eventsIn(directory: string): readonly AuditEvent[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.jsonl'));
  return files.toSorted(byPart).flatMap((file) =>
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => auditEvent.parse(JSON.parse(line))),
  );
}

export const kindOf = (event: AuditEvent): AuditKind =>
  event.__schema__.slice('urn:replique:audit:'.length) as AuditKind;

const byPart = (a: string, b: string): number => {
  const [first = '', second = ''] = [a, b].map((file) =>
    file.replace(/\.(\d+)\.jsonl$/, (_, n: string) => n.padStart(9, '0')),
  );
  return first < second ? -1 : 1;
};
