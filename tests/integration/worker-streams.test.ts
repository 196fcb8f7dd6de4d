import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers, type Ran } from '../support/workers.ts';

/** sys.stdout and sys.stderr of helpers: at once while text comes slowly, by lines while it comes fast. */
describe('text that a helper prints', () => {
  const workers = new Workers();
  let worker: SessionWorker;
  beforeAll(() => {
    ({ worker } = workers.create({ isolation: 'bubblewrap' }));
  });
  afterAll(() => workers.close());

  const python = (code: string) => run(worker, code);
  const inOrder = ({ outputs }: Ran): string =>
    outputs.map((output) => (output.kind === 'stream' ? output.text : '|')).join('');
  const fast = 'import sys, os, time\nfor _ in range(300): print(".")\n';

  it('keeps its order across both streams, bytes and descriptors, though it comes fast', async () => {
    const ran = await python(
      `${fast}for i in range(200):
    print(f"<{i}o", end="")
    print(f"{i}e", end="", file=sys.stderr)
    sys.stdout.buffer.write(f"{i}b".encode())
    sys.stdout.write("x"); sys.stdout.flush(); os.write(1, b">\\n")`,
    );
    const rows = Array.from({ length: 200 }, (_, i) => `<${i}o${i}e${i}bx>\n`);
    expect(inOrder(ran)).toBe('.\n'.repeat(300) + rows.join(''));
  });

  it('keeps its order with outputs, though it is not Python that writes it', async () => {
    for (let time = 0; time < 50; time += 1) {
      const ran = await python(`
import os
display(0)
os.system("echo a")
display(1)
os.write(1, b"b\\n")
display(2)
print("c")
_ = os.system("echo d")`);
      expect(inOrder(ran)).toBe('|a\n|b\n|c\nd\n');
    }
  });

  it.each([
    ['a child process', 'import os; os.system("echo last")'],
    ['C code', 'import ctypes; ctypes.CDLL(None).puts(b"last")'],
    ['the bare descriptor', 'import os; os.write(1, b"last\\n")'],
  ])('is not lost where %s writes it last, and nothing else does', async (_, code) => {
    for (let time = 0; time < 50; time += 1)
      expect((await python(`${code}\nNone`)).stdout).toMatch(/^last\n$/);
  });

  it('comes after the outputs before it where these are so many that they are read later', async () => {
    const { worker: slowed } = workers.create({ isolation: 'bubblewrap', limits: { messagesPerSecond: 20 } });
    await run(slowed, 'for i in range(150): display(i)');
    const ran = await run(
      slowed,
      'import os, time\nfor i in range(90): display(i); time.sleep(0.002)\n_ = os.system("echo after")',
    );
    expect(inOrder(ran)).toBe(`${'|'.repeat(90)}after\n`);
  });

  it('is whole though the host was busy when it came', async () => {
    for (let time = 0; time < 5; time += 1) {
      let length = 0;
      await run(worker, 'for i in range(3): print("x" * 100_000); display(i)', {
        onOutput: (output) => {
          if (output.kind === 'stream') length += output.text.length;
          const until = performance.now() + 400;
          while (output.kind === 'display' && performance.now() < until);
        },
      });
      expect(length).toBe(300_003);
    }
  });

  it('goes on where a helper writes into the memory in which it is counted', async () => {
    const { status, stdout } = await python(`
import sys
streams = sys.stdout.sink().streams
for at in range(len(streams.carried.words)): streams.carried.words[at] = (1 << 64) - 1
print("on")`);
    expect({ status, stdout }).toEqual({ status: 'ok', stdout: 'on\n' });
    expect((await python('print("and on")')).stdout).toBe('and on\n');
    await python('streams.carried.words[0] = 0');
    expect((await python('print("to the end")')).stdout).toBe('to the end\n');
  });

  it('is whole before a display, and at the end', async () => {
    const ran = await python(`${fast}print("a", end="")\ndisplay(1)\nprint("b", end="")`);
    expect(inOrder(ran)).toBe(`${'.\n'.repeat(300)}a|b`);
  });

  it.each([
    ['slowly', ''],
    ['fast, with a pause', `${fast}time.sleep(0.1); print("-")\n`],
  ])('is shown without an end of line where it comes %s', async (_, before) => {
    let tell: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => (tell = resolve));
    const controller = new AbortController();
    const running = run(worker, `import time\n${before}print("working", end="")\ntime.sleep(60)`, {
      signal: controller.signal,
      onOutput: (output) => output.kind === 'stream' && output.text.includes('working') && tell(),
    });
    await seen;
    controller.abort();
    expect((await running).status).toBe('interrupted');
  });

  it.each([
    ['detaches it', 'raw = sys.stdout.detach(); raw.write(b"raw\\n")'],
    ['closes it', 'sys.stdout.close()'],
    ['closes its bytes', 'sys.stdout.buffer.close()'],
    ['gives it another encoding', 'sys.stdout.reconfigure(encoding="utf-16")'],
    ['makes errors strict', 'sys.stdout.reconfigure(errors="strict")'],
    ['replaces it', 'import io; sys.stdout = sys.__stdout__ = io.StringIO()'],
  ])('goes on in the next cell where code %s', async (_, code) => {
    await python(`import sys\n${code}`);
    const { status, stdout } = await python('print("é \\ud800")\nimport logging; print(1, flush=True)');
    expect({ status, stdout }).toEqual({ status: 'ok', stdout: 'é \\ud800\n1\n' });
  });

  it('is what a handler of an earlier cell writes to', async () => {
    await python(
      'import logging, sys\nlog = logging.getLogger("x")\nlog.addHandler(logging.StreamHandler())',
    );
    expect((await python('log.warning("still")')).stderr).toBe('still\n');
  });

  it('of several processes and threads is in whole lines', async () => {
    const { stdout } = await python(`
import os, threading
def say(name):
    for i in range(500): print(f"{name} {i}")
threads = [threading.Thread(target=say, args=(f"thread {n}",)) for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
pids = []
for n in range(3):
    pid = os.fork()
    if pid == 0:
        say(f"process {n}"); import sys; sys.stdout.flush(); os._exit(0)
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)`);
    const lines = stdout.trim().split('\n');
    expect(
      lines.filter((line) => line.startsWith('process')).every((line) => /^process \d \d+$/.test(line)),
    ).toBe(true);
    expect(stdout.match(/(thread|process) \d \d+/g)).toHaveLength(3000);
  });

  it('is lost nowhere when it is a lot at once', async () => {
    const { stdout } = await python('print("x" * 3_000_000)\nprint("end")');
    expect(stdout).toHaveLength(3_000_005);
  });
});
