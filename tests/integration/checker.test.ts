import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** What says whether code can be compiled can't be changed by code that has run. */

let workers: Workers;
let worker: SessionWorker;
beforeEach(() => {
  workers = new Workers();
  worker = workers.create({ isolation: 'bubblewrap' }).worker;
});
afterEach(() => workers.close());

/** The processes beside the worker that are no one's child but the first's, and not dumpable: pump and checker. */
const others = `
import os
def stat(pid): return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
others = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
          if pid not in (1, os.getpid()) and stat(pid)[1] == "1"]`;

describe('the checker', () => {
  it('says where the syntax is wrong, in either language', async () => {
    expect(await worker.check('x = (1,\ny =', 'python')).toMatch(/line 1\n.*\n +\^\n.*'\(' was never closed/);
    expect(await worker.check('%matplotlib inline\n!ls\ny =', 'python')).toMatch(/line 3\n +y =\n +\^\n/);
    expect(await worker.check('if true; then', 'bash')).toMatch(/syntax error/);
    for (const code of ['await x', '%time x = 1', '!ls', 'x = 1; x?', 'match x:\n  case 1: pass']) {
      expect(await worker.check(code, 'python'), code).toBeUndefined();
    }
    expect(await worker.check('for x in a b; do echo $x; done', 'bash')).toBeUndefined();
  });

  it('is not swayed by what helpers do to Python', async () => {
    await run(
      worker,
      `
import ast, builtins, sys, traceback
def no(*_, **__): raise SyntaxError("told to")
builtins.compile = ast.parse = get_ipython().transform_cell = no
type(get_ipython()).transform_cell = no
for name, module in list(sys.modules.items()):
    if name.startswith("replique_worker"):
        for key in ("check", "check_python", "answer", "encode", "write_all"):
            if hasattr(module, key): setattr(module, key, no)
open("ast.py", "w").write("raise SystemExit"); open("bash", "w").write("#!/bin/sh\\nexit 1")
import os
os.environ["BASH_ENV"] = "/workspace/bash"; os.environ["PATH"] = "/workspace"`,
    );
    expect(await worker.check('x = 1', 'python')).toBeUndefined();
    expect(await worker.check('x = ', 'python')).toContain('invalid syntax');
    expect(await worker.check('echo', 'bash')).toBeUndefined();
    expect(await worker.check('fi', 'bash')).toContain('syntax error');
  });

  it('can’t be read or written by helpers', async () => {
    const { stdout } = await run(
      worker,
      `${others}
seen = []
for pid in others:
    for name in ("mem", "environ", "maps", "fd"):
        try:
            os.listdir(f"/proc/{pid}/{name}") if name == "fd" else open(f"/proc/{pid}/{name}", "rb").read(1)
            seen.append(f"{pid}/{name}")
        except OSError: pass
print(len(others), seen)`,
    );
    expect(stdout).toBe('2 []\n');
  });

  it('has no word any more once a helper has ended it, and the session goes on', async () => {
    await run(
      worker,
      `${others}
import signal
kept = 7
os.kill(max(others), signal.SIGKILL)`,
    );
    expect(await worker.check('x =', 'python')).toBeUndefined();
    expect((await run(worker, 'kept')).status).toBe('ok');
    await worker.restart();
    expect(await worker.check('x =', 'python')).toContain('invalid syntax');
  });

  it('has one question without a word where a helper ends the process that answers', async () => {
    await run(
      worker,
      `${others}
import signal
for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
    if int(stat(pid)[1]) in others: os.kill(pid, signal.SIGKILL)`,
    );
    expect(await worker.check('x =', 'python')).toBeUndefined();
    expect(await worker.check('x =', 'python')).toContain('invalid syntax');
  });

  it('is not waited for where the sandbox has ended', async () => {
    await run(worker, `${others}\nimport signal\nos.kill(min(others), signal.SIGKILL)`);
    const asked = performance.now();
    await worker.check('x =', 'python');
    expect(performance.now() - asked).toBeLessThan(4_000); // where it does not answer it has five seconds
    expect((await run(worker, '7')).status).toBe('ok');
  });

  it('outlives signals that would end another', async () => {
    await run(
      worker,
      `${others}
import signal
for pid in others:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT): os.kill(pid, number)`,
    );
    expect(await worker.check('x =', 'python')).toContain('invalid syntax');
  });

  it.each([
    ['a bracket 100,000 deep', '('.repeat(100_000), /^.{0,400}too many nested parentheses$/s],
    ['100,000 signs', `${'-'.repeat(100_000)}1`, undefined],
    ['a power that would not end', '9**9**9**9**9', undefined],
    ['more than can be read in time', 'x = [1, 2, 3]\n'.repeat(1_500_000), undefined],
  ])('has its bounds: %s', async (_, code, complaint) => {
    const said = await worker.check(code, 'python');
    if (complaint !== undefined) expect(said).toMatch(complaint);
    expect(await worker.check('x =', 'python')).toContain('invalid syntax');
  });
});
