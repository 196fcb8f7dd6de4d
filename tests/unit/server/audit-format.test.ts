import { expect, it } from 'vitest';
import { formatEvent, formatVerdict } from '../../../server/cli/audit/format.ts';

const event = (kind: string, data: object): Parameters<typeof formatEvent>[0] => ({
  __timestamp__: '2026-11-23T14:06:41.022Z',
  __schema__: `urn:replique:audit:${kind}`,
  __schema_version__: '1',
  __metadata_version__: 1,
  session: '3f0c2a71-0000',
  user: 'ada',
  ...data,
  __sequence__: 1,
  __previous__: '0'.repeat(64),
  __hash__: '1'.repeat(64),
});

it('an event is one line: when, session, kind, and what it says', () => {
  const start = event('run-start', { run: 1, origin: 'helper', code_sha256: 'c'.repeat(64), stdin: false });
  expect(formatEvent(start)).toBe(
    '2026-11-23 14:06:41  3f0c2a71  run-start        run=1  origin=helper  code_sha256=cccccccccccc  stdin=false',
  );
});

it('what was decided on capabilities is shown', () => {
  const decisions = [{ capability: 'network', decision: 'deny' }];
  expect(formatEvent(event('validation', { decisions, runs: false }))).toContain(
    'decisions=[{"capability":"network","decision":"deny"}]  runs=false',
  );
});

it.each([
  ['a line', 'x\n2026-11-23 14:06:42  3f0c2a71  run-end  status=ok'],
  ['a field', 'x  status=0'],
  ['a command to the terminal', 'x\u001b[2J\u009b\u202e'],
])('no text in an event makes %s of its own', (_, breach) => {
  const shown = formatEvent(event('worker-end', { status: 1, breach }));
  expect(shown).toMatch(/ {2}status=1 {2}breach="x[^"\p{C}]*"$/u);
});

it('no name of a key makes a line of its own', () => {
  expect(formatEvent(event('worker-end', { 'a\nb': 1 }))).not.toContain('\n');
});

it('a verdict is one line, and a second with what is wrong', () => {
  const found = { name: 'n', events: 1, files: 2, ended: true };
  expect(formatVerdict({ ...found, status: 'intact' })).toBe('✓ n  intact, 1 event in 2 files');
  expect(formatVerdict({ ...found, status: 'intact', ended: false })).toContain(
    'no end: the kernel still runs',
  );
  expect(formatVerdict({ ...found, status: 'broken', problem: 'File 1\nwas changed.' })).toBe(
    '✗ n  broken, 1 event in 2 files\n    File 1\u{fffd}was changed.',
  );
});
