import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { holdDeletedFiles } from '../../../kernel/sandbox/watchdog/deleted.ts';

const inMemory = '/dev/shm';
const tmpfs = 0x01021994;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The id of a process that has run this code in a directory of its own, and waits. */
async function holder(code: string, top: string): Promise<number> {
  const directory = mkdtempSync(join(top, 'replique-deleted-'));
  const lines = ['import ctypes, mmap, os, sys', `os.chdir(${JSON.stringify(directory)})`, code];
  const child = spawn(
    'python3',
    ['-c', [...lines, 'print("ready", flush=True)', 'sys.stdin.read()'].join('\n')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  ends.push(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  await once(child.stdout, 'data');
  return child.pid!;
}

const file = 'f = open("f", "w+b"); f.write(b"x" * 8192); f.flush()';
/** Python's own `mmap` keeps the file open; 1 is PROT_READ, and MAP_SHARED. */
const mapped = `${file}
c = ctypes.CDLL(None); c.mmap.restype = ctypes.c_void_p
c.mmap(None, ctypes.c_size_t(8192), 1, 1, f.fileno(), ctypes.c_long(0)); f.close()`;
/** Where files of a disk are. */
const disk = statfsSync(tmpdir()).type === tmpfs ? process.cwd() : tmpdir();

it.each([
  ['open without a name', `${file}; os.unlink("f")`, disk, true],
  ['mapped without a name, not open', `${mapped}; os.unlink("f")`, disk, true],
  ['open with a name', file, disk, false],
  ['mapped with a name', mapped, disk, false],
  ['open without a name, in memory', `${file}; os.unlink("f")`, inMemory, false],
  ['mapped without a name, in memory', `${mapped}; os.unlink("f")`, inMemory, false],
  ['memory that is shared, which is no file', 'm = mmap.mmap(-1, 8192); m[0] = 1', disk, false],
])('a file %s', async (_, code, top, holds) => {
  expect(await holdDeletedFiles([await holder(code, top)])).toBe(holds);
});

it('a process that is gone holds nothing', async () => {
  expect(await holdDeletedFiles([2 ** 22 + 1])).toBe(false);
});
