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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mode } from '../../server/cli/run/cell-report.ts';
import { runJobs } from '../../server/cli/run/jobs.ts';
import { runNotebook } from '../../server/cli/run/notebook.ts';
import { codeCell, printed, saveNotebook } from '../support/saved-session.ts';
import { testPython } from '../support/python.ts';

/**
 * What the command line does with a tape. ipykernel is the peer: it says what a kernel says of a tape, a divergence
 * included, in whichever cell the test has it.
 */
const command: [string, ...string[]] = [testPython(), '-m', 'ipykernel_launcher', '-f'];

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'replique-tape-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const view = { prompt: () => undefined, show: () => undefined };
const run = (notebook: string, mode: Mode, more: Partial<Parameters<typeof runNotebook>[0]> = {}) =>
  runNotebook({
    notebook,
    mode,
    view,
    quit: new AbortController().signal,
    onStart: () => undefined,
    command,
    ...more,
  });

const diverging = `from IPython.display import display
display({"text/plain": "differs", "application/vnd.replique.divergence+json":
  {"version": 1, "kind": "result", "turn": 1, "what": "Another result.", "diff": "- 1\\n+ 2"}}, raw=True)
class Diverged(Exception): pass
raise Diverged("Another result.")`;

/** As a hand or another program writes JSON. */
function rewritten(file: string): Buffer {
  const text = readFileSync(file, 'utf8')
    .replace(
      '"metadata": {}',
      '"metadata": {"scale": 1.0, "big": 12345678901234567890, "name": "caf\\u00e9"}',
    )
    .replaceAll('\n ', '\r\n\t');
  writeFileSync(file, `\ufeff${text}`);
  return readFileSync(file);
}

describe('a tape', () => {
  let said = '';

  it('names the notebook by its whole path, and the mode, to the kernel', async () => {
    const show = 'import os; print(os.environ.get("REPLIQUE_TAPE"), os.environ.get("REPLIQUE_TAPE_MODE"))';
    const file = saveNotebook(directory, [codeCell(show, null)]);
    const output = join(directory, 'out.ipynb');
    for (const mode of ['replay', 'verify', 'run'] as const) {
      await run(file, mode, {
        output,
        view: { ...view, show: ({ content }) => (said = JSON.stringify(content)) },
      });
      expect(said).toContain(mode === 'run' ? 'None None' : `${file} ${mode}`);
    }
  });

  it('of which every cell matched is written byte for byte, and not at all without --output', async () => {
    const file = saveNotebook(directory, [codeCell('print(1)', 5, [printed('recorded\n')])]);
    const bytes = rewritten(file);
    const output = join(directory, 'out.ipynb');
    expect(await run(file, 'replay')).toMatchObject({ ok: true, written: false });
    expect(readdirSync(directory)).toEqual(['book.ipynb']);
    expect(await run(file, 'replay', { output })).toMatchObject({ ok: true, written: true });
    expect(readFileSync(output).equals(bytes)).toBe(true);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(await run(file, 'verify', { output: file })).toMatchObject({ ok: true });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('goes on after a divergence, tells it, and writes anew the cell that has it alone', async () => {
    const recorded = [
      codeCell('print(1)', 1, [printed('kept\n')]),
      codeCell(diverging, 2, [printed('old\n')]),
      codeCell('print(3)', 3, [printed('kept, too\n')]),
    ];
    const file = saveNotebook(directory, recorded);
    const before = readFileSync(file, 'utf8');
    const output = join(directory, 'out.ipynb');
    const { ok, cells } = await run(file, 'verify', { output });
    expect(ok).toBe(false);
    expect(cells.map(({ status }) => status)).toEqual(['ok', 'diverged', 'ok']);
    expect(cells[1]?.divergences).toMatchObject([{ kind: 'result', what: 'Another result.' }]);
    const written = readFileSync(output, 'utf8');
    expect(written).toContain('application/vnd.replique.divergence+json');
    expect(written).not.toContain('"old\\n"');
    const [start, end] = [before.indexOf('"execution_count": 2'), before.indexOf('"print(3)"')];
    expect(written.startsWith(before.slice(0, start))).toBe(true);
    expect(written.endsWith(before.slice(end))).toBe(true);
  });

  it('takes an error that was recorded as it was, and another one as a failure', async () => {
    const error = { output_type: 'error', ename: 'ZeroDivisionError', evalue: 'x', traceback: [] };
    const file = saveNotebook(directory, [codeCell('1/0', 1, [error]), codeCell('1/0', 2), codeCell('1', 3)]);
    const { cells } = await run(file, 'replay');
    expect(cells.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok']);
    expect((await run(file, 'run')).cells.map(({ status }) => status)).toEqual([
      'failed',
      'not-run',
      'not-run',
    ]);
  });

  it('is left alone where the place for the output has vanished, and the reason told', async () => {
    const file = saveNotebook(directory, [codeCell('import shutil; shutil.rmtree("sub")', 1)]);
    const bytes = readFileSync(file);
    mkdirSync(join(directory, 'sub'));
    const output = join(directory, 'sub', 'out.ipynb');
    await expect(run(file, 'replay', { output })).rejects.toThrow('its directory does not exist');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(directory)).toEqual(['book.ipynb']);
  });
});

describe('parameters', () => {
  it('are set behind the tagged cell and written with the notebook', async () => {
    const defaults = { ...codeCell('n = 1', null), metadata: { tags: ['parameters'] } };
    const file = saveNotebook(directory, [defaults, codeCell('print(n + 1)', null)]);
    const output = join(directory, 'out.ipynb');
    await run(file, 'run', { output, parameters: new Map([['n', '41']]) });
    const written = () =>
      JSON.parse(readFileSync(output, 'utf8')) as { cells: { source: unknown; outputs: unknown[] }[] };
    expect(written().cells[1]).toMatchObject({ source: ['# Parameters\n', 'n = 41\n'], execution_count: 2 });
    expect(written().cells[2]?.outputs).toMatchObject([{ text: ['42\n'] }]);
    await run(output, 'run', { output, parameters: new Map([['n', '1']]) });
    expect(written().cells).toHaveLength(3);
    expect(written().cells[2]?.outputs).toMatchObject([{ text: ['2\n'] }]);
  });
});

describe('a notebook that is not Replique’s, or not to be written', () => {
  it('is refused before a kernel is started', async () => {
    const file = saveNotebook(directory, [codeCell('open("never", "w")', null)]);
    const content = JSON.parse(readFileSync(file, 'utf8')) as { metadata: unknown };
    content.metadata = {
      kernelspec: { name: 'ir', display_name: 'R', language: 'R' },
      language_info: { name: 'R' },
    };
    writeFileSync(file, JSON.stringify(content));
    await expect(run(file, 'run')).rejects.toMatchObject({
      code: 'NOTEBOOK_INVALID',
      message: expect.stringContaining('of the kernel ir') as string,
    });
    content.metadata = { kernelspec: { name: 'mine', display_name: 'Mine', language: 'replique' } };
    writeFileSync(file, JSON.stringify(content));
    expect(await run(file, 'run')).toMatchObject({ ok: true });
    expect(existsSync(join(directory, 'never'))).toBe(true);
  });
});

describe('several notebooks', () => {
  const stops = { quit: new AbortController().signal, asked: () => false, add: () => () => undefined };

  it('at once show what they show apart from each other', async () => {
    const meet = (mine: string, other: string) =>
      `import os, time\nfor i in range(3): print("${mine}", i, flush=True)\nopen("${mine}", "w")\nwhile not os.path.exists("${other}"): time.sleep(0.01)\nprint("${mine}", "end")`;
    const jobs = [
      { notebook: saveNotebook(directory, [codeCell(meet('a', 'b'), null)], 'a.ipynb') },
      { notebook: saveNotebook(directory, [codeCell(meet('b', 'a'), null)], 'b.ipynb') },
      { notebook: join(directory, 'none.ipynb') },
    ];
    let text = '';
    const out = { write: (piece: string) => (text += piece) };
    const done = await runJobs({ mode: 'run', jobs, atOnce: 3, out, stops, command });
    expect(done.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(done[2]?.problem).toMatchObject({ code: 'NOTEBOOK_INVALID' });
    for (const name of ['a', 'b'])
      expect(text).toContain(`${name} 0\n${name} 1\n${name} 2\n${name} end\n1 of 1 cell ran well\n`);
  });

  it('are not begun once it was stopped', async () => {
    const jobs = [{ notebook: saveNotebook(directory, [codeCell('open("never", "w")', null)]) }];
    const [one] = await runJobs({
      mode: 'run',
      jobs,
      atOnce: 1,
      stops: { ...stops, asked: () => true },
      command,
    });
    expect(one).toMatchObject({ ok: false, stopped: true, cells: [] });
    expect(existsSync(join(directory, 'never'))).toBe(false);
  });
});
