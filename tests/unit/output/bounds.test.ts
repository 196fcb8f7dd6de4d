import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DisplayIds } from '../../../kernel/output/display-ids.ts';
import { failureMessage } from '../../../kernel/output/failure.ts';
import { createRedactor } from '../../../kernel/output/firewall/redact.ts';
import { KeptFiles } from '../../../kernel/output/kept-files.ts';
import { block, record, recordCell, summary } from './recorder.ts';

it('of the names that code gives its displays the last 10,000 are known', () => {
  const ids = new DisplayIds();
  const cell = ids.nextCell('session');
  for (let at = 0; at < 10_000; at += 1) ids.register(cell, `d${at}`);
  ids.register(cell, 'd0');
  ids.register(cell, 'one more');
  expect([ids.find('d0'), ids.find('d1'), ids.find('one more')]).toEqual([
    expect.stringContaining(cell),
    undefined,
    expect.stringContaining(cell),
  ]);
});

it.runIf(process.platform === 'linux')('500 texts of a session are kept in files', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'replique-kept-'));
  const files = new KeptFiles(workspace);
  const paths = Array.from({ length: 501 }, () => files.keepText('prompt', 'x'));
  expect(paths.slice(0, 500)).not.toContain(undefined);
  expect(paths[500]).toBeUndefined();
  expect(readdirSync(join(workspace, 'replique-outputs'))).toHaveLength(500);
  rmSync(workspace, { recursive: true });
});

it('a turn says that a filter ended it', () => {
  const cell = recordCell();
  cell.emit(
    { type: 'turn-start', turn: 1, provider: 'openai', model: 'm' },
    { type: 'prose', turn: 1, text: 'I' },
    { type: 'turn-end', turn: 1, record: record({ stop: 'filtered' }), durationMs: 1000 },
    { type: 'stop', summary: summary() },
  );
  expect(cell.messages.map(({ content }) => String(content.data['text/plain'])).join('\n')).toContain(
    'ended by the content filter',
  );
});

it('what was compacted is told to the reader', () => {
  const cell = recordCell();
  const counts = { shortened: 2, summarisedCells: 1, shortenedPrompts: 0 };
  cell.emit({ type: 'compaction', text: 'Two results were shortened.', ...counts });
  expect(cell.wire()).toContain('Two results were shortened.');
});

it('a helper without an error that is shown as failed says no more than that', () => {
  const failed = { turn: 1, helper: 1, block, status: 'ok' } as const;
  expect(JSON.stringify(failureMessage(failed, createRedactor([])))).toContain('The helper failed.');
});

it('a secret is redacted in base64, too, but for forms so short that other words look like them', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const redactor = createRedactor(['abcdef']);
  expect(redactor.text(`abcdef ${base64('abcdef')}`)).toBe('[redacted] [redacted]');
  expect(redactor.text(base64('-abcdef'))).toBe(base64('-abcdef'));
});
