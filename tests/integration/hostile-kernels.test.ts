import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KernelProgram } from '../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { impostor } from '../support/other-kernels.ts';
import { scriptedKernel } from '../support/scripted-kernel.ts';
import { run, Workers, type Ran } from '../support/workers.ts';

/** Kernels of other languages that say what they should not, in the sandbox. */

let workers: Workers;
beforeEach(() => {
  workers = new Workers();
});
afterEach(() => workers.close());

interface Started {
  readonly worker: SessionWorker;
  readonly run: (code: string, options?: Parameters<typeof run>[2]) => Promise<Ran>;
}

function start(kernel: KernelProgram = scriptedKernel()): Started {
  const { worker } = workers.create({ isolation: 'bubblewrap', kernel });
  return { worker, run: (code, options) => run(worker, code, { language: kernel.name, ...options }) };
}

/** What shows that it is the same process as before. */
const alive = `tell("stream", {"name": "stdout", "text": str(kept)}); reply(); idle()`;

describe('a kernel', () => {
  it('that shows in a wrong form is heard on, and keeps its memory', async () => {
    const { run } = start();
    await run('kept = 6; reply(); idle()');
    const said = await run(`
deep = []
for _ in range(900): deep = [deep]
tell("update_display_data", {"data": {"text/plain": "x"}, "metadata": {}, "transient": {}})
tell("display_data", {"data": {"text/plain": "x"}, "metadata": {"m" * 2000: 1}})
tell("display_data", {"data": {"text/plain": "deep", "application/json": deep}, "metadata": {"deep": deep}})
tell("display_data", {"data": None})
tell("stream", {"name": "stdout", "text": 5})
tell("stream", {"name": "stdout"})
tell("error", {"ename": deep, "evalue": deep, "traceback": [deep]})
tell("status", {})
send("iopub", b"<IDS|MSG>")
send("iopub", b"x", b"y")
send("iopub", b"")
reply(status="error", ename="E", evalue="v", traceback=["E: v"], payload=None); idle()`);
    expect(said.status).toBe('error');
    expect(said.notice).toBeUndefined();
    expect((await run(alive)).stdout).toBe('6');
  });

  it('whose output is too large loses that, and nothing else', async () => {
    const { run } = start();
    await run('kept = 6; reply(); idle()');
    const said = await run(`
tell("stream", {"name": "stdout", "text": "x" * (65 << 20)})
tell("stream", {"name": "stdout", "text": "after"}); reply(); idle()`);
    expect(said).toMatchObject({ status: 'ok', stdout: 'after' });
    expect(said.stderr).toMatch(/An output was left out: 65 MB/);
    expect((await run(alive)).stdout).toBe('6');
  });

  it('that announces a frame without end, or frames without end, is interrupted all the same', async () => {
    for (const flood of [
      'links["iopub"].sendall(b"\\x02" + b"\\x7f" * 8)\nwhile True: links["iopub"].sendall(bytes(1 << 20))',
      'while True: links["iopub"].sendall(b"\\x01\\x00" * 100000)',
      'while True: tell("stream", {"name": "stdout", "text": "x"})',
    ]) {
      const { run } = start();
      const { status } = await run(flood, { signal: AbortSignal.timeout(500) });
      expect(status, flood).toBe('interrupted');
      expect((await run('tell("stream", {"name": "stdout", "text": "new"}); reply(); idle()')).stdout).toBe(
        'new',
      );
    }
  });

  it('that prints much before it listens starts', async () => {
    const { run } = start(
      scriptedKernel('for _ in range(100): os.write(1, b"x" * 9999); os.write(2, b"y" * 9999)'),
    );
    expect((await run('tell("stream", {"name": "stdout", "text": "5"}); reply(); idle()')).stdout).toBe('5');
  });

  it('that never answers is ended at once with the session', async () => {
    const { worker, run } = start(impostor('time.sleep(999)'));
    const { status } = await run('1', { signal: AbortSignal.timeout(300) });
    expect(status).toBe('interrupted');
    await worker.close();
  });

  it('that ends, but leaves a process that holds its sockets, is told to have ended', async () => {
    const { run } = start();
    expect(
      await run(`if os.fork() == 0: time.sleep(999)
tell("stream", {"name": "stdout", "text": "last"}); os._exit(7)`),
    ).toMatchObject({
      status: 'died',
      stdout: 'last',
      notice: expect.stringContaining('scripted ended itself with exit status 7.') as string,
    });
    expect((await run('reply(); idle()')).status).toBe('ok');
  });

  it('that says too late, too often or not at all that it is idle ends its block once, with all of it', async () => {
    const { run } = start();
    const said = (text: string): string => `tell("stream", {"name": "stdout", "text": "${text}"})`;
    for (const [code, stdout] of [
      [`${said('a')}; reply()`, 'a'],
      [`idle(); ${said('b')}; reply(); idle()`, 'b'],
      [`reply(); reply(); idle(); idle(); ${said('c')}`, 'c'],
      [`reply(); idle(); time.sleep(0.005); ${said('d')}; idle()`, 'd'],
    ]) {
      expect(await run(code ?? ''), code).toMatchObject({ status: 'ok', stdout });
    }
  });

  it('whose text comes in pieces loses no letter', async () => {
    const { run } = start();
    const { stdout } = await run(`
for byte in "äöü€".encode():
    os.write(1, bytes([byte])); time.sleep(0.02)
reply(); idle()`);
    expect(stdout).toBe('äöü€');
  });
});
