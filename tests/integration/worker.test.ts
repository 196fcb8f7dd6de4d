import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkerOutput } from '../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

describe.each(['bubblewrap', 'none'] as const)('Python in the worker (%s)', (isolation) => {
  const workers = new Workers();
  let worker: SessionWorker;
  let workspace: string;

  beforeAll(async () => {
    ({ worker, workspace } = workers.create({ isolation }));
    await worker.ready();
  });
  afterAll(() => workers.close());

  const python = (code: string) => run(worker, code);
  const bash = (code: string) => run(worker, code, { language: 'bash' });

  it('shows the value of the last expression, and keeps it', async () => {
    const { status, outputs } = await python('x = 20\nx + 1');
    expect(status).toBe('ok');
    expect(outputs).toEqual([{ kind: 'result', data: { 'text/plain': '21' }, metadata: {} }]);
    expect((await python('print(_, x)')).stdout).toBe('21 20\n');
  });

  it('keeps the order of prints, child processes, descriptors and displays', async () => {
    const { outputs } = await python(
      [
        'import os, subprocess, sys',
        'print("1 print")',
        'os.system("echo 2 system")',
        'os.write(1, b"3 write\\n")',
        'print("4 error", file=sys.stderr)',
        'subprocess.run("echo 5 child > /dev/stderr", shell=True)',
        'print("6 print")',
        'display({"text/plain": "7 display"}, raw=True)',
        'sys.stdout.buffer.write(b"8 buffer\\n")',
        'print("9", end="")',
        'display({"text/plain": "10 display"}, raw=True)',
      ].join('\n'),
    );
    const shown = outputs.map((output) =>
      output.kind === 'stream'
        ? output.text
        : `${String((output as { data: Record<string, unknown> }).data['text/plain'])}\n`,
    );
    const lines = shown.join('').replace('9', '9\n').split('\n');
    expect(lines.map((line) => Number.parseInt(line)).filter((number) => !Number.isNaN(number))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  it('takes text of C code that has not been flushed', async () => {
    const code = 'import ctypes\nlibc = ctypes.CDLL(None)\nlibc.printf(b"from C")\nNone';
    expect((await python(code)).stdout).toContain('from C');
  });

  it('shows text while the code goes on', async () => {
    let tell: (text: string) => void = () => undefined;
    const seen = new Promise<string>((resolve) => (tell = resolve));
    const controller = new AbortController();
    const running = run(worker, 'import time\nprint("early")\ntime.sleep(60)', {
      signal: controller.signal,
      onOutput: (output) => output.kind === 'stream' && output.text.includes('early') && tell(output.text),
    });
    expect(await seen).toContain('early');
    controller.abort();
    await running;
  });

  it('takes 20,000 lines, text in pieces and odd characters', async () => {
    const lines = await python('for i in range(20000): print("line", i)');
    expect(lines.stdout.split('\n')).toHaveLength(20_001);
    expect(lines.stdout.endsWith('line 19999\n')).toBe(true);
    expect(lines.outputs.length).toBeLessThan(20_000);
    expect((await python('print("é😀" * 50000, "\\ud800")')).stdout).toBe(
      `${'é😀'.repeat(50_000)} \\ud800\n`,
    );
  });

  it('tells errors with a coloured traceback that shows only the helper’s frames', async () => {
    const { status, error, outputs } = await python('def f():\n    return 1 / 0\nf()');
    expect(status).toBe('error');
    expect(error).toMatchObject({ ename: 'ZeroDivisionError', evalue: 'division by zero' });
    const text = error!.traceback.join('\n');
    expect(text).toContain('\x1b[');
    expect(text).toMatch(/line.* 2/);
    expect(text).not.toContain('replique');
    expect(outputs).toEqual([{ kind: 'error', error }]);
    const asked = await python('print(input("?"))');
    expect(asked.error!.ename).toBe('StdinNotImplementedError');
    expect(asked.error!.traceback.join('\n')).not.toContain('session.py');
  });

  it('tells syntax errors, exceptions that cannot be shown, and deep recursion', async () => {
    expect((await python('x = = 1')).error!.ename).toBe('SyntaxError');
    const odd = 'class E(Exception):\n    def __str__(self): raise ValueError\nraise E()';
    expect((await python(odd)).status).toBe('error');
    expect((await python('def f(): f()\nf()')).error!.ename).toBe('RecursionError');
    expect((await python('1 + 1')).status).toBe('ok');
  });

  it('shows rich displays, updates them by id, and clears', async () => {
    const { outputs } = await python(
      [
        'from IPython.display import HTML, clear_output, display',
        'handle = display(HTML("<b>1</b>"), display_id="one", metadata={"text/html": {"isolated": True}})',
        'handle.update(HTML("<b>2</b>"))',
        'clear_output(wait=True)',
        'class Picture:',
        '    def _repr_mimebundle_(self, include, exclude): return {"image/png": b"png", "text/plain": "p"}',
        'Picture()',
      ].join('\n'),
    );
    expect(outputs).toMatchObject([
      { kind: 'display', displayId: 'one', data: { 'text/html': '<b>1</b>' } },
      { kind: 'update_display', displayId: 'one', data: { 'text/html': '<b>2</b>' } },
      { kind: 'clear_output', wait: true },
      { kind: 'result', data: { 'image/png': 'cG5n', 'text/plain': 'p' } },
    ]);
  });

  it('sends what JSON does not have as the nearest that it has', async () => {
    const code = 'display({"application/json": {"a": float("nan"), "b": {1}, (2, 3): [1.5]}}, raw=True)';
    expect((await python(code)).outputs).toMatchObject([
      { data: { 'application/json': { a: 'nan', b: '{1}', '(2, 3)': [1.5] } } },
    ]);
  });

  it('does not show a display that is too large, and says so', async () => {
    const { status, stderr, outputs } = await python('display({"text/plain": "x" * (33 << 20)}, raw=True)');
    expect(status).toBe('ok');
    expect(stderr).toContain('not shown: 33 MB');
    expect(outputs.filter((output) => output.kind === 'display')).toEqual([]);
  });

  it('shows figures after the cell, without being asked, and imports matplotlib only then', async () => {
    expect((await python('import sys; print("matplotlib" in sys.modules)')).stdout).toBe('False\n');
    const { outputs } = await python('import matplotlib.pyplot as plt\nplt.plot([1, 2]);');
    const figures = outputs.filter((output) => output.kind === 'display');
    expect(figures).toHaveLength(1);
    expect(figures[0]!.data['image/png']).toMatch(/^iVBOR/);
    expect((await python('len(plt.get_fignums())')).outputs).toMatchObject([{ data: { 'text/plain': '0' } }]);
  });

  it('knows magics, shell escapes, top-level await and help', async () => {
    expect((await python('!echo escaped')).stdout).toContain('escaped');
    expect((await python('%%bash\necho magic')).stdout).toBe('magic\n');
    expect((await python('import asyncio\nawait asyncio.sleep(0.001)\n"awaited"')).outputs).toMatchObject([
      { data: { 'text/plain': "'awaited'" } },
    ]);
    const help = (await python('len?')).outputs[0] as Extract<WorkerOutput, { kind: 'display' }>;
    expect(help.data['text/plain']).toContain('number of items');
  });

  it('lives on after exit, quit and sys.exit', async () => {
    expect((await python('kept = 1\nexit()')).status).toBe('ok');
    expect((await python('quit')).status).toBe('ok');
    expect((await python('import sys\nsys.exit()')).status).toBe('ok');
    expect((await python('sys.exit("bad")')).error).toMatchObject({ ename: 'SystemExit', evalue: 'bad' });
    expect((await python('print(kept)')).stdout).toBe('1\n');
  });

  it('lives on when a forked copy of it comes back from the cell', async () => {
    const { status, stdout } = await python(
      'import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint("child" if pid == 0 else "parent")',
    );
    expect(status).toBe('ok');
    expect(stdout).toContain('parent');
    expect(stdout).toContain('child');
    expect((await python('2 + 2')).status).toBe('ok');
  });

  it('lives on when the helper closes or replaces its streams', async () => {
    await python('import os, sys\nsys.stdout.close()\nos.close(1)\nos.close(2)');
    expect((await python('print("still here")')).stdout).toBe('still here\n');
    await python('import os\nnull = os.open("/dev/null", os.O_RDWR)\nos.dup2(null, 1)\nos.dup2(null, 2)');
    expect((await python('print("and here")')).stdout).toBe('and here\n');
    await python('import sys\nsys.stdout = sys.stderr = None');
    expect((await python('print("here, too")\n1 + 1')).stdout).toBe('here, too\n');
    await python('os.close(1)\nos.close(2)');
    expect((await bash('echo bash, too')).stdout).toBe('bash, too\n');
  });

  it('evaluates user expressions', async () => {
    const { userExpressions } = await run(worker, 'y = 6', { userExpressions: { a: 'y * 7', b: 'nothing' } });
    expect(userExpressions).toMatchObject({
      a: { status: 'ok', data: { 'text/plain': '42' } },
      b: { status: 'error', ename: 'NameError' },
    });
  });

  it('asks the person, and waits for the answer', async () => {
    const asked: unknown[] = [];
    const code = 'import getpass\nprint("hello", input("Name? "))\nprint(len(getpass.getpass("Key? ")))';
    const { stdout } = await run(worker, code, {
      onInput: (prompt, password) => {
        asked.push([prompt, password]);
        return Promise.resolve(password ? 'secret' : 'Ann');
      },
    });
    expect(asked).toEqual([
      ['Name? ', false],
      ['Key? ', true],
    ]);
    expect(stdout).toBe('hello Ann\n6\n');
  });

  it('raises EOFError where no answer comes', async () => {
    const { error } = await run(worker, 'input()', { onInput: () => Promise.reject(new Error('gone')) });
    expect(error!.ename).toBe('EOFError');
  });

  it('works in the workspace, whose modules helpers can import and the worker does not', async () => {
    writeFileSync(join(workspace, 'mine.py'), 'answer = 42\n');
    for (const name of ['json', 'bash', 'IPython', 'replique_worker', 'session']) {
      writeFileSync(join(workspace, `${name}.py`), 'open("trap", "w")\n');
    }
    expect((await python('import mine\nprint(mine.answer)\nopen("made.txt", "w").write("x")')).stdout).toBe(
      '42\n',
    );
    expect(readFileSync(join(workspace, 'made.txt'), 'utf8')).toBe('x');
    await worker.restart();
    expect((await python('1')).status).toBe('ok');
    await worker.check('if', 'bash');
    expect(existsSync(join(workspace, 'trap'))).toBe(false);
  });

  it('runs bash in the same directory', async () => {
    await python('import os\nos.makedirs("below", exist_ok=True)\nos.chdir("below")');
    const { status, stdout, stderr } = await bash('basename "$PWD"\necho oops > /dev/stderr\ncat');
    expect({ status, stdout, stderr }).toEqual({ status: 'ok', stdout: 'below\n', stderr: 'oops\n' });
    await python('os.chdir("..")');
  });

  it('tells how bash ended', async () => {
    const failed = await bash('echo out\nexit 3');
    expect(failed).toMatchObject({ status: 'error', error: { ename: 'BashError', evalue: 'exit status 3' } });
    expect(failed.outputs.map(({ kind }) => kind)).toEqual(['stream', 'error']);
    expect((await bash('kill -9 $$')).error!.evalue).toContain('SIGKILL');
    expect((await bash(`: ${'x'.repeat(200_000)}`)).error!.evalue).toContain('could not be started');
    expect((await bash('no-such-command')).stderr).toContain('not found');
  });
});

it.each(['bubblewrap', 'none'] as const)('says that the workspace is gone (%s)', async (isolation) => {
  const workers = new Workers();
  try {
    const { worker: left, workspace: folder } = workers.create({ isolation });
    const write = 'open("file", "w").close()';
    expect(await run(left, '1/0')).not.toHaveProperty('notice');
    rmSync(folder, { recursive: true });
    expect((await run(left, write)).notice).toContain(`The workspace ${folder} was deleted`);
    expect((await run(left, 'ls; false', { language: 'bash' })).notice).toContain('restart the kernel');
    expect(await run(left, 'print(1)')).not.toHaveProperty('notice');
    mkdirSync(folder);
    expect(await run(left, write)).toMatchObject({ status: 'error', notice: expect.anything() as string });
    await left.restart();
    expect(await run(left, write)).toMatchObject({ status: 'ok' });
    expect(await run(left, '1/0')).not.toHaveProperty('notice');
  } finally {
    await workers.close();
  }
});

it('says why bash does not start where the sandbox is full of processes, and goes on', async () => {
  const workers = new Workers();
  try {
    const { worker: crowded } = workers.create({ isolation: 'bubblewrap', limits: { processes: 16 } });
    const crowd =
      'import os, signal\nchildren = []\ntry:\n    while True:\n        child = os.fork()\n' +
      '        if child == 0: signal.pause()\n        children.append(child)\nexcept OSError: print("full")';
    expect((await run(crowded, crowd)).stdout).toBe('full\n');
    const refused = await run(crowded, 'echo', { language: 'bash' });
    expect(refused.error!.evalue).toMatch(/could not be started: .*REPLIQUE_PROCESSES/);
    await run(crowded, 'for child in children: os.kill(child, 9); os.waitpid(child, 0)');
    expect((await run(crowded, 'echo back', { language: 'bash' })).stdout).toBe('back\n');
  } finally {
    await workers.close();
  }
});
