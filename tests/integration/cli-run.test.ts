import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kernelProgram } from '../../server/cli/program.ts';
import { runNotebook } from '../../server/cli/run/notebook.ts';
import type { RunOptions } from '../../server/cli/run/notebook.ts';
import { TerminalShow } from '../../server/cli/run/show.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { testPython } from '../support/python.ts';

/** ipykernel is the peer here: whatever runs on another's kernel follows Jupyter's protocol, not our own reading of it. */
const ipykernel = (): [string, ...string[]] => [testPython(), '-m', 'ipykernel_launcher', '-f'];

const ourKernel = (): [string, ...string[]] => [process.execPath, kernelProgram(), '-f'];

interface Written {
  cells: { execution_count: number | null; outputs: Record<string, unknown>[] }[];
}

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'replique-run-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function notebookOf(name: string, cells: readonly (string | { source: string; tags: string[] })[]): string {
  const file = join(directory, `${name}.ipynb`);
  const code = cells.map((cell) => {
    const { source, tags } = typeof cell === 'string' ? { source: cell, tags: [] } : cell;
    return { cell_type: 'code', metadata: { tags }, source, outputs: [], execution_count: null };
  });
  const content = { nbformat: 4, nbformat_minor: 4, metadata: {}, cells: code };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** Runs a notebook; `onText` sees everything shown so far each time something is. */
async function run(
  notebook: string,
  options: Partial<RunOptions> & { onText?: (text: string) => void } = {},
) {
  let text = '';
  const write = (piece: string) => {
    text += piece;
    options.onText?.(text);
  };
  const output = notebook.replace('.ipynb', '.out.ipynb');
  const result = await runNotebook({
    notebook,
    output,
    view: new TerminalShow({ write }),
    quit: new AbortController().signal,
    onStart: () => undefined,
    command: ipykernel(),
    ...options,
  });
  if (result.problem) throw result.problem;
  const written = result.written ? (JSON.parse(readFileSync(output, 'utf8')) as Written) : { cells: [] };
  return { ok: result.ok, text, output, written };
}

describe('a notebook run in the terminal', () => {
  it('is executed, shown and written as valid nbformat, displays updated', async () => {
    const notebook = notebookOf('good', [
      "from IPython.display import display\nfor i in range(3): print(i)\nh = display('one', display_id='x')",
      '',
      "from IPython.display import update_display\nupdate_display('two', display_id='x'); 40 + 2",
      'import os; os.getcwd()',
      'os.environ["JPY_SESSION_NAME"]',
    ]);
    const { ok, text, output, written } = await run(notebook);
    expect(ok).toBe(true);
    expect(text).toContain('0\n1\n2\n');
    expect(text).toContain('Out[2]: 42');
    expect(text).toContain(`'${directory}'`);
    expect(text).toContain(`'${notebook}'`);
    expect(written.cells.map((cell) => cell.execution_count)).toEqual([1, null, 2, 3, 4]);
    expect(written.cells[0]!.outputs[1]).toMatchObject({ data: { 'text/plain': ["'two'"] } });
    const check = `import nbformat; nbformat.validate(nbformat.read(${JSON.stringify(output)}, 4))`;
    expect(await runCommand(testPython(), ['-W', 'error', '-c', check])).toMatchObject({ status: 0 });
  });

  it('stops at the first error that no tag allows, and writes what was executed', async () => {
    const notebook = notebookOf('bad', [
      { source: '1/0', tags: ['raises-exception'] },
      '1 +',
      "open('never', 'w')",
    ]);
    const { ok, written } = await run(notebook);
    expect(ok).toBe(false);
    expect(written.cells.map(({ outputs }) => outputs[0]?.['ename'])).toEqual([
      'ZeroDivisionError',
      expect.stringMatching(/SyntaxError/) as string,
      undefined,
    ]);
    expect(existsSync(join(directory, 'never'))).toBe(false);
  });

  it('interrupts the running cell', async () => {
    const notebook = notebookOf('slow', ["print('go', flush=True)\nimport time\ntime.sleep(600)"]);
    let interrupt = () => {};
    let asked = false;
    const onText = (text: string) => {
      if (asked || !text.includes('\ngo')) return;
      asked = true;
      interrupt();
    };
    const { ok, written } = await run(notebook, { onText, onStart: (stop) => (interrupt = stop) });
    expect(ok).toBe(false);
    expect(written.cells[0]!.outputs.at(-1)).toMatchObject({ ename: 'KeyboardInterrupt' });
  });

  it('ends when it is told to quit: what was executed is written and no kernel is left', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'quit-'));
    vi.stubEnv('TMPDIR', temporary);
    const quit = new AbortController();
    const notebook = notebookOf('quit', [
      "print('one')",
      "print('go', flush=True)\nimport time\ntime.sleep(600)",
    ]);
    const onText = (text: string) => {
      if (text.includes('\ngo')) quit.abort();
    };
    const { ok, written } = await run(notebook, { onText, quit: quit.signal });
    expect(ok).toBe(false);
    expect(written.cells[0]!.outputs).toMatchObject([{ text: ['one\n'] }]);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
  });

  it.each([
    ['before the kernel is started', ipykernel, true],
    ['while the kernel starts', (): [string, ...string[]] => ['/bin/sh', '-c', 'exec sleep 60'], false],
  ])('ends when it is told to quit %s: nothing is written or left', async (_when, command, atOnce) => {
    const temporary = mkdtempSync(join(tmpdir(), 'quit-'));
    vi.stubEnv('TMPDIR', temporary);
    const quit = new AbortController();
    if (atOnce) quit.abort();
    const notebook = notebookOf('early', ["print('one')"]);
    const running = run(notebook, { quit: quit.signal, command: command() });
    await vi.waitFor(() => expect(readdirSync(temporary)).toHaveLength(1), 20_000);
    quit.abort();
    expect(await running).toMatchObject({ ok: false, written: { cells: [] } });
    expect(existsSync(join(directory, 'early.out.ipynb'))).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
    rmSync(temporary, { recursive: true });
  });

  it('says how the kernel died, and writes what was executed', async () => {
    const notebook = notebookOf('dies', ["print('one')", 'import os; os.kill(os.getpid(), 9)']);
    await expect(run(notebook)).rejects.toThrow(/kernel ended unexpectedly: SIGKILL/);
    const written = JSON.parse(readFileSync(join(directory, 'dies.out.ipynb'), 'utf8')) as Written;
    expect(written.cells[0]!.outputs).toMatchObject([{ text: ['one\n'] }]);
  });

  it('says what a kernel that does not start has said, and writes nothing', async () => {
    const notebook = notebookOf('none', ['1']);
    const failing: [string, ...string[]] = ['/bin/sh', '-c', 'echo "no such module" >&2; exit 7'];
    await expect(run(notebook, { command: failing })).rejects.toThrow(
      /exit status 7; it said: no such module/,
    );
    await expect(run(notebook, { command: ['/no/such/program'] })).rejects.toThrow(/ENOENT/);
    expect(existsSync(join(directory, 'none.out.ipynb'))).toBe(false);
  });

  it('runs where the path of the temporary directory is too long for a socket', async () => {
    const long = join(directory, 'long'.repeat(25));
    mkdirSync(long);
    vi.stubEnv('TMPDIR', long);
    expect(await run(notebookOf('long', ['1']))).toMatchObject({ ok: true });
    vi.unstubAllEnvs();
  });

  it('says that there is no room for the connection file', async () => {
    vi.stubEnv('TMPDIR', join(directory, 'nowhere'));
    await expect(run(notebookOf('nowhere', ['1']))).rejects.toThrow(/nowhere can't be written/);
    vi.unstubAllEnvs();
  });

  it('an interrupt that comes before the first cell lets none begin, and leaves an earlier output', async () => {
    const notebook = notebookOf('early', ['%%python\nimport time; time.sleep(60)', '%%python\n1']);
    const earlier = join(directory, 'early.out.ipynb');
    writeFileSync(earlier, 'earlier');
    const { ok, text, written } = await run(notebook, {
      command: ourKernel(),
      onStart: (interrupt) => interrupt(),
    });
    expect(ok).toBe(false);
    expect(text).toBe('');
    expect(written.cells).toEqual([]);
    expect(readFileSync(earlier, 'utf8')).toBe('earlier');
  });

  it('told to quit when the first cell is shown, but has not begun, it leaves an earlier output', async () => {
    const quit = new AbortController();
    const notebook = notebookOf('shown', ['1']);
    const earlier = join(directory, 'shown.out.ipynb');
    writeFileSync(earlier, 'earlier');
    const { ok, written } = await run(notebook, { onText: () => quit.abort(), quit: quit.signal });
    expect(ok).toBe(false);
    expect(written.cells).toEqual([]);
    expect(readFileSync(earlier, 'utf8')).toBe('earlier');
  });

  it('without code is written, whoever interrupts', async () => {
    const { ok, written } = await run(notebookOf('empty', ['']), { onStart: (interrupt) => interrupt() });
    expect(ok).toBe(true);
    expect(written.cells).toMatchObject([{ execution_count: null }]);
  });

  it('ends where it was told to before the kernel had started, and writes nothing', async () => {
    const { ok, written } = await run(notebookOf('quit', ['import time; time.sleep(60)']), {
      quit: AbortSignal.abort(),
    });
    expect(ok).toBe(false);
    expect(written.cells).toEqual([]);
  });
});
