import { appendFileSync, cpSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginning, keyed, plain } from '../../../kernel/audit/chain.ts';
import { auditProblem } from '../../../kernel/audit/check.ts';
import { readHead, sealHead } from '../../../kernel/audit/files.ts';
import { readKey } from '../../../kernel/audit/key.ts';
import { removeOld } from '../../../kernel/audit/retention.ts';
import { restoredEvent, validationEvent, workerObserver } from '../../../kernel/audit/session-audit.ts';
import { verifySession } from '../../../kernel/audit/verify.ts';
import type { Limits } from '../../../kernel/sandbox/contract.ts';
import { AuditPlace, eventsIn, kindOf } from '../../support/audits.ts';

/** What else may lie in the directory of a record, and what a kernel seldom writes. */

let place: AuditPlace;
beforeEach(() => {
  place = new AuditPlace();
});
afterEach(() => place.remove());

const nameOf = (session: string): string =>
  place
    .files()
    .find((file) => file.includes(`_${session}.`))!
    .split('.')[0]!;
const inPlace = (file: string): string => join(place.directory, file);
const digest = () => keyed(readKey(place.keyFile));
const problems = () => place.verify().map(({ status, problem }) => problem ?? status);

describe('a record', () => {
  it('is read beside files that are none of it', () => {
    place.write('aaaa', 1);
    for (const name of ['notes.txt', 'x.1.jsonl', '20260101T000000000Z_a b.1.jsonl'])
      writeFileSync(inPlace(name), 'x');
    expect(problems()).toEqual(['intact']);
  });

  it('with a line that no kernel writes so long is broken, and is not read whole', () => {
    place.write('aaaa', 1);
    appendFileSync(inPlace(`${nameOf('aaaa')}.1.jsonl`), 'x'.repeat(300_000));
    expect(problems()).toEqual(["File 1 of it can't be read: it has a line that is too long."]);
  });

  it('with a directory in the place of a file is broken', () => {
    place.write('aaaa', 1);
    mkdirSync(inPlace(`${nameOf('aaaa')}.2.jsonl`));
    expect(problems()).toEqual(["File 2 of it can't be read: it is not a regular file."]);
  });

  it('with a head that is too large trusts none', () => {
    place.write('aaaa', 1);
    appendFileSync(inPlace(`${nameOf('aaaa')}.head.json`), ' '.repeat(5000));
    expect(problems()).toEqual(['Its head file is missing, was changed, or was written with another key.']);
  });

  it('under another session’s name is broken', () => {
    place.write('aaaa', 1);
    const name = nameOf('aaaa');
    cpSync(inPlace(`${name}.1.jsonl`), inPlace(`${name}b.1.jsonl`));
    expect(problems()).toEqual(['intact', 'File 1, line 1 is of another session.']);
  });

  it('whose head knows of a file that is not there is broken, unless nothing was written yet', () => {
    place.write('aaaa', 1);
    const name = nameOf('aaaa');
    const head = readHead(place.directory, name, digest())!;
    writeFileSync(inPlace(`${name}.head.json`), sealHead({ ...head, part: 2 }, digest()));
    expect(problems()).toEqual(['File 2 of it is missing.']);
    rmSync(inPlace(`${name}.1.jsonl`));
    const first = { ...head, part: 1, events: 0, hash: beginning, ended: false };
    writeFileSync(inPlace(`${name}.head.json`), sealHead(first, digest())); // the kernel was killed just then
    expect(problems()).toEqual(['intact']);
  });

  it('that is not there at all is broken', () => {
    place.write('aaaa', 1);
    expect(verifySession(place.directory, '20260101T000000000Z_none', digest())).toMatchObject({
      status: 'broken',
      files: 0,
    });
  });

  it('begins with what stands of the newest that can be trusted', () => {
    for (const session of ['aaaa', 'bbbb']) place.write(session, 1);
    writeFileSync(inPlace(`${nameOf('bbbb')}.head.json`), 'x');
    place.write('cccc', 1);
    const starts = eventsIn(place.directory).filter((event) => kindOf(event) === 'session-start');
    expect(starts[2]).toMatchObject({ previous: { name: nameOf('aaaa'), events: 4 } });
  });
});

describe('the removal of old records', () => {
  it('does not happen where it can’t be recorded', () => {
    place.write('aaaa', 1);
    const before = place.files();
    for (const file of before) utimesSync(inPlace(file), 0, 0);
    const asked: string[][] = [];
    removeOld(place.directory, readKey(place.keyFile), 1, (names) => asked.push(names) === 0);
    expect(asked).toEqual([[nameOf('aaaa')]]);
    expect(place.files()).toEqual(before);
  });

  it('of which a record tells in a way that can’t be read excuses nothing', () => {
    place.write('aaaa', 1);
    const name = nameOf('aaaa');
    const audit = place.open('bbbb');
    audit.note('retention', { removed: 'all' } as never);
    audit.close();
    for (const file of place.files()) if (file.startsWith(name)) rmSync(inPlace(file));
    expect(problems()).toEqual(['intact', 'All its files are missing. A later session has seen it.']);
  });
});

describe('the check whether a record can be written', () => {
  it('says what is in the way, and leaves nothing behind', () => {
    expect(auditProblem(place.directory, place.keyFile)).toBeUndefined();
    expect(place.files()).toEqual([]);
    writeFileSync(join(place.top, 'file'), '');
    expect(auditProblem(join(place.top, 'file', 'audit'), place.keyFile)).toMatch(/ENOTDIR|EEXIST/);
    writeFileSync(place.keyFile, 'short');
    expect(auditProblem(place.directory, place.keyFile)).toContain('does not hold a key');
  });
});

const excess = { limit: 'memory', used: 2e9, allowed: 1e9 } as const;

describe('what happens to the sandbox', () => {
  it('is recorded: what it hit, what it sent, and how it ended', () => {
    const audit = place.open('aaaa');
    const observe = workerObserver(audit, 'bubblewrap', { memoryBytes: 1e9, processes: 64 } as Limits);
    observe({ kind: 'started', restored: true });
    observe({ kind: 'ended', status: -9, breach: 'b'.repeat(300), excess });
    observe({ kind: 'ended', status: null });
    audit.close();
    const events = eventsIn(place.directory).slice(1, -1);
    expect(events.map(kindOf)).toEqual(['worker-start', 'limit', 'worker-end', 'worker-end']);
    expect(events).toMatchObject([
      { sandbox: 'bubblewrap', restored: true },
      excess,
      { status: -9, breach: 'b'.repeat(200) },
      { status: null },
    ]);
    expect(events[3]).not.toHaveProperty('breach');
  });

  it('is named with its helper where a helper did it, and without one elsewhere', () => {
    const helper = { kind: 'helper', turn: 2, helper: 1 } as const;
    expect(restoredEvent([{ path: 'a' }], helper)).toEqual({ turn: 2, helper: 1, paths: ['a'], files: 1 });
    expect(restoredEvent([{ path: 'a' }], undefined)).toEqual({ paths: ['a'], files: 1 });
    const verdict = { decisions: [], runs: true };
    expect(validationEvent(verdict, { code: 'x', origin: helper })).toMatchObject({ turn: 2, helper: 1 });
    const own = validationEvent(verdict, { code: 'x', origin: { kind: 'cell' } });
    expect(own).toEqual({ code_sha256: plain('x'), decisions: [], runs: true });
  });
});
