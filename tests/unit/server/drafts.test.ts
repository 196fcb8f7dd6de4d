import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeSocketsDir } from '../../../server/cli/kernel-client/directory.ts';
import { draftOf } from '../../../server/cli/notebook/drafts.ts';
import { checkWritable, writeWhole } from '../../../server/cli/notebook/write.ts';

let top: string;
let out: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'rd-')));
  out = join(top, 'out.ipynb');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

const hex = (pid: number): string => pid.toString(16).padStart(8, '0');
/** Of a process that has ended. */
const endedPid = (): number => spawnSync('true').pid;

/** A draft that another process began, so many seconds ago. */
function leaveDraft(file: string, pid: number, seconds: number): string {
  const draft = draftOf(file).replace(hex(process.pid), hex(pid));
  writeFileSync(draft, 'half');
  const at = Date.now() / 1000 - seconds;
  utimesSync(draft, at, at);
  return basename(draft);
}

describe('a file that is written whole', () => {
  it('is rid of the drafts that killed processes left, and of no others', async () => {
    const ended = endedPid();
    const stays = [
      leaveDraft(out, ended, 1),
      leaveDraft(out, process.ppid, 60),
      leaveDraft(join(top, 'other.ipynb'), ended, 60),
    ];
    leaveDraft(out, endedPid(), 60);
    writeFileSync(join(top, 'out.ipynb.1.tmp'), 'a person’s');
    await writeWhole(out, 'new');
    expect(readdirSync(top).toSorted()).toEqual([...stays, 'out.ipynb', 'out.ipynb.1.tmp'].toSorted());
    expect(readFileSync(out, 'utf8')).toBe('new');
  });

  it.each([
    ['written', () => writeWhole(out, 'new')],
    ['tried', () => checkWritable(out)],
  ])('is %s though a link lies in the draft’s place, which is not followed', async (_, act) => {
    writeFileSync(join(top, 'precious'), 'kept');
    symlinkSync(join(top, 'precious'), draftOf(out));
    await act();
    expect(readFileSync(join(top, 'precious'), 'utf8')).toBe('kept');
    expect(existsSync(draftOf(out))).toBe(false);
    if (existsSync(out)) expect(lstatSync(out).isFile()).toBe(true);
  });

  it('is left as it was where a directory lies in the draft’s place', async () => {
    mkdirSync(draftOf(out));
    writeFileSync(out, 'old');
    await expect(writeWhole(out, 'new')).rejects.toThrow(/can't be written/i);
    expect(readFileSync(out, 'utf8')).toBe('old');
  });
});

describe('the directory of a kernel’s sockets', () => {
  it('is made for its owner, and those of killed processes are removed', async () => {
    vi.stubEnv('TMPDIR', top);
    const mine = await makeSocketsDir();
    const named = (pid: number, name = basename(mine)): string =>
      name.replace(String(process.pid), String(pid));
    const [left, runs] = [named(endedPid()), named(process.ppid)];
    const elsewhere = named(endedPid()).replace(/-[0-9a-z]+-(?=.{6}$)/, '-otherns-');
    for (const name of [left, runs, elsewhere]) mkdirSync(join(top, name));
    writeFileSync(join(top, left, 'kernel.json'), '{}');
    symlinkSync(top, join(top, named(endedPid())));
    const next = await makeSocketsDir();
    expect(existsSync(join(top, left))).toBe(false);
    expect([mine, next, join(top, runs), join(top, elsewhere)].every((path) => existsSync(path))).toBe(true);
    expect(lstatSync(next).mode & 0o777).toBe(0o700);
  });

  it('can’t be made where there is no place: a sentence says so', async () => {
    vi.stubEnv('TMPDIR', join(top, 'gone'));
    await expect(makeSocketsDir()).rejects.toThrow(/gone/);
  });
});
