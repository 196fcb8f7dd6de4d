import { expect, it } from 'vitest';
import { limitHint } from '../../../kernel/sandbox/limit-hints.ts';
import { limitsOf } from '../../../kernel/sandbox/limits.ts';
import { plainConfig } from '../../support/sandboxes.ts';

const limits = limitsOf({ ...plainConfig(), fileMb: 7, processes: 33, openFiles: 99, memoryMb: 640 });

it.each([
  ['MemoryError', '', '640 MB of memory', 'REPLIQUE_MEMORY_MB'],
  ['_ArrayMemoryError', 'Unable to allocate 9 GiB', '640 MB of memory', 'REPLIQUE_MEMORY_MB'],
  ['OSError', '[Errno 27] File too large', '7 MB large', 'REPLIQUE_FILE_MB'],
  ['BashError', 'killed by signal 25 (SIGXFSZ)', '7 MB large', 'REPLIQUE_FILE_MB'],
  ['OSError', "[Errno 24] Too many open files: 'a'", '99 files', 'REPLIQUE_OPEN_FILES'],
  ['BlockingIOError', '[Errno 11] Resource temporarily unavailable', '33', 'REPLIQUE_PROCESSES'],
  ['RuntimeError', "can't start new thread", '33', 'REPLIQUE_PROCESSES'],
  ['OSError', '[Errno 28] No space left on device', '/tmp', 'workspace'],
  ['BashError', 'killed by signal 24 (SIGXCPU)', '3600 s', 'REPLIQUE_CPU_SECONDS'],
])('%s %s names the limit, its value and the remedy', (ename, evalue, value, remedy) => {
  const hint = limitHint({ ename, evalue, traceback: [] }, limits);
  expect(hint).toContain(value);
  expect(hint).toContain(remedy);
});

it('other errors say nothing of limits', () => {
  for (const [ename, evalue] of [
    ['ValueError', 'MemoryError\n'],
    ['KeyError', "'Errno 27'"],
    ['OSError', '[Errno 2] No such file or directory'],
  ] as const)
    expect(limitHint({ ename, evalue, traceback: [] }, limits)).toBeUndefined();
});
