import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plain, seal } from '../../../kernel/audit/chain.ts';
import { runAudit } from '../../../kernel/audit/command.ts';
import { connectionObserver } from '../../../kernel/audit/connections.ts';
import { noAudit, type Audit } from '../../../kernel/audit/log.ts';
import { restoredEvent } from '../../../kernel/audit/session-audit.ts';
import type { ConnectionReport } from '../../../kernel/egress/proxy.ts';
import type { AuditData, AuditLine } from '../../../kernel/protocol/audit.ts';
import { AuditPlace, eventsIn, kindOf, runStart } from '../../support/audits.ts';

/** What code in the sandbox, or somebody without the key, does to have the record say what is not so. */

let place: AuditPlace;
beforeEach(() => {
  place = new AuditPlace();
});
afterEach(() => place.remove());

const only = (session: string, suffix: string): string =>
  join(
    place.directory,
    place.files().find((file) => file.includes(session) && file.endsWith(suffix))!,
  );

describe('code in the sandbox', () => {
  it('does not break the record by the names of the files that it changes', () => {
    const audit = place.open('aaaa');
    const undone = Array.from({ length: 60 }, () => ({ path: '\u0001'.repeat(1000) }));
    for (let run = 1; run <= 3; run += 1) {
      audit.require('run-start', runStart(run));
      audit.note('file-restored', restoredEvent(undone, { kind: 'helper', turn: 1, helper: run }));
    }
    audit.close();
    expect(place.verify()).toMatchObject([{ status: 'intact', events: 8 }]);
    const restored = eventsIn(place.directory).find((event) => kindOf(event) === 'file-restored');
    expect(restored).toMatchObject({ files: 60 });
  });

  it('does not run where an event could not be read again', () => {
    const audit = place.open('aaaa');
    audit.require('run-start', runStart(1));
    audit.note('file-restored', { paths: ['x'.repeat(300_000)], files: 1 });
    expect(() => audit.require('run-start', runStart(2))).toThrow("can't be read again");
    expect(place.verify()).toMatchObject([{ status: 'intact', events: 2 }]);
  });

  it('does not fill the disk with connections that are refused; those it has are all recorded', () => {
    const seen: AuditData<'connection'>[] = [];
    const note: Audit['note'] = (_, data) => seen.push(data as AuditData<'connection'>);
    const observe = connectionObserver({ ...noAudit, note });
    const report = (decision: ConnectionReport['decision']): ConnectionReport => ({
      ...{ host: 'example.org', port: 443, decision, bytesIn: 0, bytesOut: 0, durationMs: 1 },
    });
    for (let count = 0; count < 5500; count += 1) observe(report('deny'));
    for (let count = 0; count < 1500; count += 1) observe(report('allow'));
    const refused = seen.filter(({ decision }) => decision === 'deny').map(({ refusals }) => refusals);
    expect(refused.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
    expect(refused.slice(1000)).toEqual([2000, 3000, 4000, 5000]);
    expect(seen.filter(({ decision }) => decision === 'allow')).toHaveLength(1500);
  });
});

describe('somebody without the key', () => {
  it('does not excuse the removal of a session by a line behind the last of a killed one', () => {
    place.write('aaaa', 1);
    place.open('bbbb').require('run-start', runStart(1)); // never ended
    const [gone] = place.verify();
    const file = only('bbbb', '.1.jsonl');
    const last = JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1)!) as Record<string, unknown>;
    const { __timestamp__, session, user, __sequence__, __hash__: __previous__ } = last;
    const removal = {
      ...{ __timestamp__, __schema__: 'urn:replique:audit:retention', __schema_version__: '1' },
      ...{ __metadata_version__: 1, session, user, removed: [gone!.name] },
      ...{ __sequence__: Number(__sequence__) + 1, __previous__ },
    };
    appendFileSync(file, `${seal(removal, '__hash__', plain).text}\n`);
    for (const suffix of ['.1.jsonl', '.head.json']) rmSync(only('aaaa', suffix));
    expect(place.verify()).toMatchObject([
      { status: 'interrupted', problem: expect.stringContaining('or it was added') as string },
      { name: gone!.name, status: 'broken', problem: expect.stringContaining('missing') as string },
    ]);
  });

  it('sets no session back, head and all, even where its file alone is checked', async () => {
    const audit = place.open('aaaa');
    audit.require('run-start', runStart(1));
    const files = place.files().map((file) => join(place.directory, file));
    const earlier = files.map((file) => [file, readFileSync(file)] as const);
    audit.require('run-start', runStart(2));
    place.write('bbbb', 1);
    for (const [file, bytes] of earlier) writeFileSync(file, bytes);
    const said: AuditLine[] = [];
    const say = (line: AuditLine): Promise<void> => Promise.resolve(void said.push(line));
    expect(await runAudit(place, ['verify', only('aaaa', '.1.jsonl')], say)).toBe(1);
    expect(said).toMatchObject([
      { verdict: { status: 'broken', problem: 'Events 3 to 3 are missing at its end.' } },
      { type: 'done' },
    ]);
    expect(await runAudit(place, ['verify', only('bbbb', '.1.jsonl')], say)).toBe(0);
  });
});
