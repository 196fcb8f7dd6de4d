import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLog, logInto } from '../../../server/http/log.ts';

it('a log is written line by line', () => {
  const top = mkdtempSync(join(tmpdir(), 'rlog-'));
  const fd = openSync(join(top, 'log'), 'a');
  createLog('info', logInto(fd)).info('one');
  expect(JSON.parse(readFileSync(join(top, 'log'), 'utf8'))).toMatchObject({ level: 30, msg: 'one' });
  closeSync(fd);
  rmSync(top, { recursive: true });
});

it('a log whose disk is full throws nothing', () => {
  const fd = openSync('/dev/full', 'a');
  const log = createLog('info', logInto(fd));
  for (let line = 0; line < 3000; line += 1) log.info('x'.repeat(1000));
  closeSync(fd);
});
