import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runAudit } from '../../../kernel/audit/command.ts';
import { connectionObserver } from '../../../kernel/audit/connections.ts';
import type { RepliqueError } from '../../../kernel/errors.ts';
import type { AuditLine } from '../../../kernel/protocol/audit.ts';
import { AuditPlace, eventsIn, kindOf, runStart } from '../../support/audits.ts';

let place: AuditPlace;
let said: AuditLine[];
beforeEach(() => {
  place = new AuditPlace();
  said = [];
});
afterEach(() => place.remove());

const ask = (...args: string[]): Promise<number> =>
  runAudit(place, args, (line) => Promise.resolve(void said.push(line)));
const fileOf = (session: string): string =>
  join(
    place.directory,
    place.files().find((file) => file.includes(session) && file.endsWith('.jsonl'))!,
  );
const refusalOf = (asked: Promise<number>): Promise<RepliqueError> =>
  asked.then(
    () => expect.unreachable('It was answered.'),
    (error: unknown) => error as RepliqueError,
  );

describe('verify', () => {
  it('of nothing is nothing, with no key made for it', async () => {
    expect(await ask('verify')).toBe(0);
    expect(said).toEqual([{ type: 'done', directory: place.directory }]);
    expect(() => readFileSync(place.keyFile)).toThrow('ENOENT');
  });

  it('tells of every session, and its status is that of the worst', async () => {
    for (const session of ['aaaa', 'bbbb']) place.write(session, 1);
    expect(await ask('verify')).toBe(0);
    appendFileSync(fileOf('aaaa'), '{}\n');
    said = [];
    expect(await ask('verify')).toBe(1);
    expect(said).toMatchObject([
      { verdict: { status: 'broken' } },
      { verdict: { status: 'intact' } },
      { type: 'done' },
    ]);
  });

  it('of a session that a killed kernel left within a line ends with 0, and says so', async () => {
    place.open('aaaa').require('run-start', runStart(1));
    appendFileSync(fileOf('aaaa'), '{"__timest');
    expect(await ask('verify', fileOf('aaaa'))).toBe(0);
    expect(said[0]).toMatchObject({ verdict: { status: 'interrupted', events: 2 } });
  });

  it.each(['', 'short'])('with a key that is none ("%s") trusts nothing', async (key) => {
    place.write('aaaa', 1);
    if (key === '') rmSync(place.keyFile);
    else writeFileSync(place.keyFile, key);
    const { code, remedy } = await refusalOf(ask('verify'));
    expect([code, remedy]).toEqual(['AUDIT_UNREADABLE', expect.stringContaining('bring its key back')]);
    expect(said).toEqual([]);
  });

  it.each(['notes.txt', '20260101T000000000Z_none.1.jsonl'])('of %s says that it is none', async (name) => {
    place.write('aaaa', 1);
    writeFileSync(join(place.top, name), 'x');
    const { code, message } = await refusalOf(ask('verify', join(place.directory, name)));
    expect([code, message]).toEqual(['AUDIT_UNREADABLE', expect.stringContaining('not a file of the audit')]);
  });
});

describe('show', () => {
  it('gives all events, or those of the session whose id begins so', async () => {
    for (const session of ['aaaa', 'bbbb']) place.write(session, 1, { partBytes: 1000 });
    expect(await ask('show')).toBe(0);
    const events = said.flatMap((line) => (line.type === 'event' ? [line.event] : []));
    expect(events).toEqual(eventsIn(place.directory));
    said = [];
    expect(await ask('show', 'bb')).toBe(0);
    expect(said).toHaveLength(5);
    const { message, remedy } = await refusalOf(ask('show', 'cccc'));
    expect(message).toContain('no session cccc');
    expect(remedy).toContain('audit show');
  });

  it('leaves out what was changed, says so once, and ends with 1', async () => {
    place.write('aaaa', 2);
    const text = readFileSync(fileOf('aaaa'), 'utf8');
    writeFileSync(fileOf('aaaa'), text.replaceAll('"run":', '"ran":'));
    expect(await ask('show')).toBe(1);
    expect(said.map(({ type }) => type)).toEqual(['event', 'unreadable', 'event', 'done']);
  });

  it('leaves out a last line without an end, which is no change', async () => {
    place.open('aaaa').require('run-start', runStart(1));
    appendFileSync(fileOf('aaaa'), '{"__timest');
    expect(await ask('show')).toBe(0);
    expect(said.map(({ type }) => type)).toEqual(['event', 'event', 'done']);
  });

  it('says where it can’t be read', async () => {
    writeFileSync(place.directory, 'a file in its place');
    const { code, message } = await refusalOf(ask('show'));
    expect([code, message]).toEqual(['AUDIT_UNREADABLE', expect.stringContaining('ENOTDIR')]);
  });
});

it('a connection is recorded with where it went, what it carried and why it ended', () => {
  const audit = place.open('aaaa');
  const observe = connectionObserver(audit);
  const where = { host: 'example.org', port: 443, durationMs: 12.6 };
  observe({ ...where, address: '192.0.2.1', decision: 'allow', bytesIn: 5, bytesOut: 7 });
  observe({ ...where, decision: 'deny', reason: 'r'.repeat(300), bytesIn: 0, bytesOut: 0 });
  audit.close();
  const events = eventsIn(place.directory).filter((event) => kindOf(event) === 'connection');
  expect(events).toMatchObject([
    { host: 'example.org', port: 443, address: '192.0.2.1', decision: 'allow', bytes_in: 5, duration_ms: 13 },
    { decision: 'deny', reason: 'r'.repeat(200), refusals: 1 },
  ]);
  expect(events[0]).not.toHaveProperty('refusals');
});
