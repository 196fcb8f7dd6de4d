import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** What code uses goes on working after the session went back, as often as it does. */
const workers = new Workers();
afterAll(() => workers.close());

let worker: SessionWorker;
let workspace: string;
beforeEach(() => {
  ({ worker, workspace } = workers.create({ isolation: 'bubblewrap' }));
});

const print = async (code: string): Promise<string> => {
  const { stdout, error, notice } = await run(worker, code, { timeoutMs: 20_000 });
  return [stdout.trim(), error?.evalue, notice].filter((part) => part !== undefined).join(' | ');
};

/** Runs the second code after the first each time in a state that is as after the first. */
async function timesTwo(first: string, second: string): Promise<readonly string[]> {
  expect(await print(first)).toBe('');
  const id = await worker.snapshot();
  expect(worker.limitsOf(id)).toEqual([]);
  const seen = [await print(second)];
  for (let time = 0; time < 2; time += 1) {
    await worker.resume(id);
    seen.push(await print(second));
  }
  return seen;
}

it.each([
  [
    'numpy and its threads',
    'import numpy as np\nm = np.full((700, 700), 2.0); m @ m',
    'm = m @ m; print(m[0, 0])',
    '2800.0',
  ],
  [
    'pandas',
    'import pandas as pd\nframe = pd.DataFrame({"n": range(1000), "k": list("ab") * 500})',
    'frame["n"] *= 2; print(frame.groupby("k").n.sum().to_dict())',
    "{'a': 499000, 'b': 500000}",
  ],
  [
    'matplotlib',
    'import matplotlib.pyplot as plt, io\nfigure, axes = plt.subplots(); plt.close(figure)\naxes.plot([1, 2])',
    'axes.plot([2, 1]); out = io.BytesIO(); figure.savefig(out); print(len(axes.lines), out.getvalue()[1:4])',
    "2 b'PNG'",
  ],
  [
    'asyncio: a loop, tasks that wait, timers and what is watched',
    `
import asyncio, os
loop = asyncio.new_event_loop()
received, (reader, writer) = [], os.pipe()
loop.add_reader(reader, lambda: received.append(os.read(reader, 9)))
gate = asyncio.Event()
async def waits():
    await gate.wait()
    return "through"
task = loop.create_task(waits())
loop.call_later(0.05, gate.set)
loop.run_until_complete(asyncio.sleep(0))`,
    'os.write(writer, b"hi"); print(loop.run_until_complete(task), received)',
    "through [b'hi']",
  ],
  [
    'asyncio: tasks of the session’s own loop',
    `
import asyncio
gate, log = asyncio.Event(), []
async def waits():
    await gate.wait()
    log.append("through")
task = asyncio.create_task(waits())
await asyncio.sleep(0)`,
    'gate.set(); await task; await asyncio.sleep(0.01); print(log)',
    "['through']",
  ],
  [
    'asyncio: calls from threads',
    'import asyncio, threading\nloop = asyncio.new_event_loop()\ndone = loop.create_future()',
    'threading.Timer(0.05, lambda: loop.call_soon_threadsafe(done.set_result, 5)).start(); print(loop.run_until_complete(done))',
    '5',
  ],
  [
    'subprocesses',
    'import subprocess, time\nold = subprocess.Popen(["sh", "-c", "exit 7"]); time.sleep(0.2)',
    'print(old.wait(), subprocess.run(["echo", "on"], capture_output=True, text=True).stdout.strip())',
    '7 on',
  ],
  [
    'sqlite3 in memory',
    'import sqlite3\nc = sqlite3.connect(":memory:"); c.execute("create table t (n)"); c.execute("insert into t values (1)")',
    'c.execute("insert into t values (2)"); print(c.execute("select sum(n) from t").fetchall())',
    '[(3,)]',
  ],
  [
    'widgets',
    'import comm\nheard = []\nc = comm.create_comm(target_name="t"); c.on_msg(heard.append)',
    'c.send({"n": 1}); print(comm.get_comm_manager().comms[c.comm_id] is c, len(heard))',
    'True 0',
  ],
])('%s', async (_, first, second, expected) => {
  expect(await timesTwo(first, second)).toEqual([expected, expected, expected]);
});

describe('an open file', () => {
  it('is read and written where it stood, and no branch moves the place of another', async () => {
    await run(worker, 'open("in", "w").write("".join(f"line {n}\\n" for n in range(9)))');
    await run(
      worker,
      'r = open("in"); w = open("out", "w+"); a = open("log", "a")\nr.readline(); _ = w.write("one "); w.flush()',
    );
    const id = await worker.snapshot();
    const branch = async (name: string): Promise<string> =>
      print(`raw = open("in", "rb", 0)
print(r.readline().strip(), w.tell(), end=" ")
_ = w.write("${name}"); w.flush(); _ = a.write("${name} "); a.flush(); r.read()`);
    expect(await branch('first')).toBe('line 1 4');
    for (const name of ['other', 'third']) {
      await worker.resume(id);
      expect(await branch(name)).toBe('line 1 4');
      expect(readFileSync(join(workspace, 'out'), 'utf8')).toBe(`one ${name}`);
    }
    expect(readFileSync(join(workspace, 'log'), 'utf8')).toBe('first other third ');
    expect(await print('print(__import__("os").get_inheritable(w.fileno()))')).toBe('False');
  });

  it('is the one that is at its path now; one that was removed is still the same', async () => {
    await run(
      worker,
      'import os\nf = open("kept", "r+" if os.path.exists("kept") else "w+"); f.write("old"); f.flush()',
    );
    await run(worker, 'g = open("removed", "w+"); g.write("text"); g.flush(); os.remove("removed")');
    const id = await worker.snapshot();
    await run(worker, 'open("new", "w").write("NEW"); os.replace("new", "kept")');
    await worker.resume(id);
    expect(await print('f.write("!"); f.flush(); g.seek(0); print(g.read(), open("kept").read())')).toBe(
      'text NEW!',
    );
    expect(await print('os.remove("kept"); os.mkdir("kept"); print("made")')).toBe('made');
    await worker.resume(id);
    expect(await print('print(f.tell())')).toBe('3');
  });
});

it('a connection to a database goes on with what is in the file', async () => {
  const open = `
import sqlite3
c = sqlite3.connect("data.db")
c.execute("create table t (n integer)"); c.execute("insert into t values (1)")
c.commit()`;
  const add =
    'c.execute("insert into t values (2)"); c.commit(); print(c.execute("select count(*) from t").fetchall(), c.execute("pragma integrity_check").fetchall())';
  expect(await timesTwo(open, add)).toEqual(
    ['[(2,)]', '[(3,)]', '[(4,)]'].map((count) => `${count} [('ok',)]`),
  );
  const locked =
    'c.execute("insert into t values (3)"); other = sqlite3.connect("data.db", timeout=0.1)\ntry: other.execute("insert into t values (4)")\nexcept sqlite3.OperationalError as error: print(error)';
  expect(await print(locked)).toBe('database is locked');
  // To look at it takes no lock away.
  await worker.snapshot();
  expect(
    await print(
      'c.execute("select 1")\ntry: other.execute("insert into t values (4)")\nexcept sqlite3.OperationalError as error: print(error)',
    ),
  ).toBe('database is locked');
});

it('a process that ran is known to have been ended', async () => {
  await run(worker, 'import subprocess\np = subprocess.Popen(["sleep", "600"], stdout=subprocess.PIPE)');
  const id = await worker.snapshot();
  await worker.resume(id);
  expect(await print('print(p.wait(), p.stdout.read(), subprocess.run(["true"]).returncode)')).toBe(
    "-9 b'' 0",
  );
});
