import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { keyed } from '../../../kernel/audit/chain.ts';
import { readKey } from '../../../kernel/audit/key.ts';
import { verifySession } from '../../../kernel/audit/verify.ts';
import { RepliqueError } from '../../../kernel/errors.ts';
import { auditEvent, auditKinds } from '../../../kernel/protocol/audit.ts';
import { AuditPlace, eventsIn, kindOf, runStart } from '../../support/audits.ts';

let place: AuditPlace;
beforeEach(() => {
  place = new AuditPlace();
});
afterEach(() => place.remove());

const dayMs = 24 * 60 * 60 * 1000;
const only = (suffix: string): string =>
  join(
    place.directory,
    place.files().find((file) => file.endsWith(suffix))!,
  );
const statuses = (): readonly string[] => place.verify().map(({ status }) => status);

/** What keeps a run from being recorded. */
function refusalOf(action: () => void): RepliqueError {
  try {
    action();
  } catch (error) {
    if (error instanceof RepliqueError) return error;
    throw error;
  }
  throw new Error('It was recorded.');
}

describe('what is written', () => {
  it('is one event a line, each as its schema has it, in a chain over all files', () => {
    place.write('aaaa', 10, { partBytes: 2000 });
    const events = eventsIn(place.directory);
    expect(events.map(kindOf)).toEqual([
      'session-start',
      ...Array.from({ length: 10 }, () => ['run-start', 'run-end']).flat(),
      'session-end',
    ]);
    expect(events.map(({ __sequence__ }) => __sequence__)).toEqual(events.map((_, index) => index + 1));
    for (const event of events) {
      expect(event).toMatchObject({ session: 'aaaa', user: 'ada', __schema_version__: '1' });
      const own = Object.entries(event).filter(([key]) => !(key in auditEvent.shape));
      auditKinds[kindOf(event)].parse(Object.fromEntries(own));
    }
    expect(place.files().length).toBeGreaterThan(4);
  });

  it('is its owner’s alone', () => {
    place.write('aaaa', 1);
    const modes = [place.directory, place.keyFile, only('.1.jsonl'), only('.head.json')].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600, 0o600]);
  });

  it('can come from several kernels at once, each with its own chain and all with one key', () => {
    const open = ['aaaa', 'bbbb', 'cccc'].map((session) => place.open(session));
    for (let run = 1; run <= 20; run += 1)
      for (const audit of open) audit.require('run-start', runStart(run));
    for (const audit of open) audit.close();
    expect(place.verify()).toMatchObject(Array(3).fill({ status: 'intact', events: 22 }));
  });
});

describe('a kernel that was killed', () => {
  it('while it wrote a line leaves an interrupted session, wherever the line ends', () => {
    place.write('aaaa', 3);
    const line = readFileSync(only('.1.jsonl')).subarray(0, -1);
    const audit = place.open('bbbb');
    audit.require('run-start', runStart(1));
    const name = place.verify()[1]!.name;
    const digest = keyed(readKey(place.keyFile));
    const file = join(place.directory, `${name}.1.jsonl`);
    const size = statSync(file).size;
    for (let cut = 1; cut < 400; cut += 1) {
      appendFileSync(file, line.subarray(0, cut));
      const verdict = verifySession(place.directory, name, digest);
      expect(verdict).toMatchObject({ status: 'interrupted', events: 2, ended: false });
      expect(verdict.problem).toContain('half there');
      truncateSync(file, size);
    }
    truncateSync(file, size - 1);
    expect(verifySession(place.directory, name, digest).status, 'a confirmed line that is cut').toBe(
      'broken',
    );
  });

  it('between a line and its head leaves one event that is not confirmed, but not two', () => {
    const audit = place.open('aaaa');
    audit.require('run-start', runStart(1));
    const head = readFileSync(only('.head.json'));
    for (const expected of ['interrupted', 'broken']) {
      audit.note('interrupt', { run: 1 });
      const newer = readFileSync(only('.head.json'));
      writeFileSync(only('.head.json'), head);
      expect(statuses()).toEqual([expected]);
      writeFileSync(only('.head.json'), newer);
      expect(statuses()).toEqual(['intact']);
    }
  });

  it('at any time, by SIGKILL, never leaves a broken one, nor is one broken while it is written', async () => {
    const program = join(place.top, 'writer.mjs');
    await build({
      stdin: {
        contents: `import { openAudit } from './kernel/audit/log.ts';
const [directory, keyFile, session] = process.argv.slice(2);
const start = { version: '1', uid: 0, pid: process.pid, workspace: '/', sandbox: 'none' };
const audit = openAudit({ directory, keyFile, session, user: 'ada', start, partBytes: 5000 });
for (let run = 1; ; run += 1) audit.require('interrupt', { run });`,
        resolveDir: join(import.meta.dirname, '..', '..', '..'),
        loader: 'ts',
      },
      ...{ outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' },
    });
    for (let round = 0; round < 6; round += 1) {
      const session = `round${round}`;
      const args = [program, place.directory, place.keyFile, session];
      const writer = spawn(process.execPath, args, { stdio: 'inherit' });
      onTestFinished(() => void writer.kill('SIGKILL'));
      const ended = once(writer, 'exit');
      const parts = (): number => place.files().filter((file) => file.includes(session)).length;
      await vi.waitFor(() => expect(parts()).toBeGreaterThan(3), { timeout: 10_000, interval: 5 });
      expect(statuses()).not.toContain('broken');
      writer.kill('SIGKILL');
      await ended;
      expect(statuses()).not.toContain('broken');
    }
    expect(place.verify().every(({ ended }) => !ended)).toBe(true);
  });
});

describe('a session', () => {
  it('that has gone with all its files is missed by the one after it', () => {
    for (const session of ['aaaa', 'bbbb', 'cccc']) place.write(session, 1);
    const [, { name }] = place.verify() as [unknown, { name: string }];
    for (const file of place.files()) if (file.startsWith(name)) rmSync(join(place.directory, file));
    expect(place.verify()).toMatchObject([
      { status: 'intact' },
      { status: 'intact' },
      { name, status: 'broken', problem: expect.stringContaining('missing') as string },
    ]);
  });

  it('that was set back to an earlier state, head and all, is contradicted by the one after it', () => {
    const audit = place.open('aaaa');
    audit.require('run-start', runStart(1));
    const earlier = place.files().map((file) => [file, readFileSync(join(place.directory, file))] as const);
    audit.require('run-start', runStart(2));
    place.write('bbbb', 1);
    for (const [file, bytes] of earlier) writeFileSync(join(place.directory, file), bytes);
    expect(place.verify()).toMatchObject([
      { status: 'broken', problem: 'Events 3 to 3 are missing at its end.' },
      { status: 'intact' },
    ]);
  });

  it('is removed when it is older than asked for, and the removal is recorded; a running one stays', () => {
    place.write('aaaa', 1);
    place.open('bbbb').require('run-start', runStart(1)); // never ended, and this process lives
    place.write('cccc', 1);
    const longAgo = new Date(Date.now() - 3 * dayMs);
    for (const file of place.files()) utimesSync(join(place.directory, file), longAgo, longAgo);
    place.write('dddd', 1);
    expect(place.verify()).toHaveLength(4);
    place.write('eeee', 1, { keepDays: 2 });
    const left = place.verify();
    expect(left.map(({ name }) => name.split('_')[1])).toEqual(['bbbb', 'dddd', 'eeee']);
    expect(left.map(({ status }) => status)).toEqual(['intact', 'intact', 'intact']);
    const [removal] = eventsIn(place.directory).filter((event) => kindOf(event) === 'retention');
    expect(JSON.stringify(removal)).toMatch(/_aaaa.*_cccc/);
  });
});

describe('where nothing can be written', () => {
  it('a run is refused with the remedy, and what had happened is written once it can be', () => {
    writeFileSync(place.directory, 'a file in its place');
    const audit = place.open('aaaa');
    const error = refusalOf(() => audit.require('run-start', runStart(1)));
    expect(error.code).toBe('AUDIT_UNWRITABLE');
    expect(error.message).toContain(place.directory);
    expect(error.remedy).toMatch(/REPLIQUE_AUDIT_DIR.*REPLIQUE_AUDIT=off/);
    audit.note('worker-end', { status: 1 });
    rmSync(place.directory);
    audit.require('run-start', runStart(2));
    audit.close();
    expect(eventsIn(place.directory).map(kindOf)).toEqual([
      'session-start',
      'worker-end',
      'run-start',
      'session-end',
    ]);
    expect(statuses()).toEqual(['intact']);
  });

  it.runIf(process.getuid?.() === 0)('because the disk is full, the chain stays whole', () => {
    mkdirSync(place.directory);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', place.directory]);
    expect(mounted.status, String(mounted.stderr)).toBe(0);
    try {
      const audit = place.open('aaaa');
      let runs = 0;
      const fill = (): void => {
        for (;;) audit.require('run-start', runStart((runs += 1)));
      };
      expect(refusalOf(fill).message).toContain('ENOSPC');
      expect(runs).toBeGreaterThan(10);
      audit.note('run-end', { run: 1, status: 'ok', duration_ms: 1, outputs: 0, output_bytes: 0 });
      expect(place.verify()).toMatchObject([{ status: 'intact', events: runs }]);
      expect(spawnSync('mount', ['-o', 'remount,size=1m', place.directory]).status).toBe(0);
      audit.require('run-start', runStart(1));
      expect(place.verify()).toMatchObject([{ status: 'intact', events: runs + 2 }]);
      audit.close();
    } finally {
      spawnSync('umount', ['--lazy', place.directory]);
    }
  });

  it.each([
    ['removed', (file: string) => rmSync(file), 'was removed'],
    ['written to', (file: string) => appendFileSync(file, 'x\n'), 'was changed by another'],
    ['cut', (file: string) => truncateSync(file, 10), 'was changed by another'],
  ] as const)('because its file was %s while the kernel ran', (_, manipulate, problem) => {
    const audit = place.open('aaaa');
    audit.require('run-start', runStart(1));
    manipulate(only('.1.jsonl'));
    expect(refusalOf(() => audit.require('run-start', runStart(2))).message).toContain(problem);
    expect(statuses()).toEqual(['broken']);
  });

  it('because its head was replaced while the kernel ran', () => {
    const audit = place.open('aaaa');
    const earlier = readFileSync(only('.head.json'));
    audit.require('run-start', runStart(1));
    writeFileSync(join(place.top, 'earlier'), earlier);
    renameSync(join(place.top, 'earlier'), only('.head.json'));
    expect(refusalOf(() => audit.require('run-start', runStart(2))).message).toContain('was removed');
  });

  it('because its key is open to others, or is none', () => {
    place.write('aaaa', 1);
    chmodSync(place.keyFile, 0o644);
    const open = (): void => place.open('bbbb').require('run-start', runStart(1));
    expect(refusalOf(open).message).toContain('can be read by others');
    writeFileSync(place.keyFile, 'short', { mode: 0o600 });
    expect(refusalOf(open).message).toContain('does not hold a key');
  });

  it('for too long: nothing runs any more, even when it can be written again', () => {
    writeFileSync(place.directory, 'a file in its place');
    const audit = place.open('aaaa');
    for (let run = 0; run < 1001; run += 1) audit.note('interrupt', { run });
    rmSync(place.directory);
    expect(refusalOf(() => audit.require('run-start', runStart(1))).message).toContain('events were lost');
  });

  it('because the session has ended', () => {
    const audit = place.open('aaaa');
    audit.close();
    audit.close();
    audit.note('interrupt', { run: 1 });
    expect(refusalOf(() => audit.require('run-start', runStart(1))).message).toContain('has ended');
    expect(place.verify()).toMatchObject([{ status: 'intact', events: 2, ended: true }]);
  });
});

it('a link in a record’s place is not followed', () => {
  place.write('aaaa', 1);
  const file = only('.1.jsonl');
  const elsewhere = join(place.top, 'elsewhere');
  writeFileSync(elsewhere, readFileSync(file));
  rmSync(file);
  symlinkSync(elsewhere, file);
  expect(statuses()).toEqual(['broken']);
});
