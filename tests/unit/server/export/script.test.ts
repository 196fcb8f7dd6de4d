import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { py } from '../../../../server/cli/export/py.ts';
import { awaitsOutsideFunctions, futures, plainPython } from '../../../../server/cli/export/python-code.ts';
import { readNotebook } from '../../../../server/cli/notebook/read.ts';
import { runCommand } from '../../../../server/cli/setup/run-command.ts';
import { testPython } from '../../../support/python.ts';
import type { SavedTurn } from '../../../support/saved-session.ts';
import {
  codeCell,
  markdownCell,
  outputsOfTurns,
  printed,
  saveNotebook,
} from '../../../support/saved-session.ts';
import { temporaryDirectory } from '../temporary.ts';

const failure = (ename: string) => ({ output_type: 'error', ename, evalue: 'x', traceback: [] });
const asked = (source: string, count: number | null, ...turns: SavedTurn[]) =>
  codeCell(source, count, outputsOfTurns(turns));
const python = (code: string, more: Partial<SavedTurn> = {}, status = 'ok'): SavedTurn => ({
  text: 'I look.',
  helper: { lang: 'python', code, status },
  ...more,
});

async function scriptOf(cells: readonly unknown[], name?: string): Promise<string> {
  return py.write(await readNotebook(saveNotebook(temporaryDirectory(), cells, name)));
}

/** What the script of these cells prints, run by Python. */
async function outputOf(...cells: unknown[]): Promise<string> {
  const file = join(temporaryDirectory(), 'session.py');
  writeFileSync(file, await scriptOf(cells));
  const { status, stdout, stderr } = await runCommand(testPython(), [file]);
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('the script of a session', () => {
  it('runs parameters, own code and helpers in the order in which they ran', async () => {
    const printed = await outputOf(
      markdownCell('print("never")'),
      codeCell('%%python\nprint("third", n)', 3),
      codeCell('%%python\nprint("beside it", n)', null),
      codeCell('# Parameters\nn = 41\n', 1),
      asked('Add one', 2, python('n += 1'), { text: 'Done.' }),
      codeCell('', null),
      codeCell('?python', 4),
    );
    expect(printed).toBe('third 42\nbeside it 42\n');
  });

  it('knows the answers that later code uses, and no others', async () => {
    const answer = `He said "\\n" ''' \u0000\u2028日本`;
    const cells = [
      asked('Who?', 1, { text: answer }),
      codeCell('%%python\nprint(ascii(Out[1]))', 2),
      asked('And now?', null, { text: 'Later.' }),
      asked('Use it', 4, python('print(_)'), { text: 'Nobody asks for this.' }),
      codeCell('# Parameters\nn = 1\n', 5),
      codeCell('%%python\nprint(len("_x"), "a_b")', 6),
    ];
    expect(await outputOf(...cells)).toMatch(
      /^'He said "\\\\n" \\'\\'\\' \\x00\\u2028\\u65e5\\u672c'\nLater\.\n2 a_b\n$/,
    );
    expect(await scriptOf(cells)).not.toContain('Nobody asks');
    expect(await scriptOf([asked('Who?', 1, { text: 'Nobody.' })])).not.toContain('Out = ');
  });

  it('goes on after code that failed, as the session did, and keeps what it did before', async () => {
    const code = `k = '''three'''\nprint(k, "\\\\", 'x')\nraise ValueError(k)`;
    expect(
      await outputOf(
        codeCell(`%%python\n${code}`, 1, [failure('ValueError')]),
        asked('Try', 2, python(code, {}, 'error'), { text: 'No.' }),
        codeCell('%%python\nimport sys\nsys.exit(3)', 3, [failure('SystemExit')]),
        codeCell('%%python\nprint("end", k)', 4),
      ),
    ).toBe('three \\ x\nthree \\ x\nend three\n');
  });

  it('awaits and displays as IPython does', async () => {
    const awaiting = 'import asyncio\nawait asyncio.sleep(0)\nasync def f():\n\n    return 7\nv = await f()';
    expect(await outputOf(codeCell(`%%python\n${awaiting}`, 1), codeCell('%%python\ndisplay(v)', 2))).toBe(
      '7\n',
    );
    const script = await scriptOf([codeCell('%%python\nasync def f():\n    await g()', 1)]);
    expect(script).not.toContain('_awaiting');
  });

  it('runs bash, one process a piece, and puts what must stand first there', async () => {
    const cells = [
      codeCell('%%bash\nA=1\necho "$A"', 1),
      codeCell(
        '%%python\nfrom __future__ import annotations  # first\ndef f(x: Unknown): return x\nprint(f(2))',
        2,
      ),
      asked('Shell', 3, { text: 'x', helper: { lang: 'bash', code: 'echo "[$A]"' } }, { text: 'y' }),
    ];
    expect(await outputOf(...cells)).toBe('1\n2\n[]\n');
  });

  it('runs nothing that was stopped or was never run, and says so', async () => {
    const refused = 'Not run (the policy forbids it).';
    const cells = [
      codeCell('%%python\nwhile True: print("looping")', 1, [failure('KeyboardInterrupt')]),
      codeCell('%%bash\nsleep 600', 2, [failure('KeyboardInterrupt')]),
      asked('Try', 3, python('print("asked for")', { outputs: [printed(refused)] }), { text: 'No.' }),
      asked('More', 4, python('print("too long")', {}, 'timeout'), { text: 'No.' }),
    ];
    expect(await outputOf(...cells)).toBe('');
    const script = await scriptOf(cells);
    expect(script).toContain('# In [1] (was stopped)\n# while True: print("looping")');
    expect(script).toContain('# In [2] (was stopped)\n# sleep 600');
    expect(script).toContain('# In [3], helper of turn 1 (was not run)\n# print("asked for")');
    expect(script).toContain('# In [4], helper of turn 1 (was stopped)');
  });

  it('has prompts and magics that Python does not know as comments, which no text can end', async () => {
    const evil = 'a\nprint("b")\rprint("c")\u2028print("d")\u000cprint("e")\u0085print("f")\u202e';
    const cells = [
      codeCell(evil, 1),
      codeCell(`%model ${evil}`, 2),
      codeCell(`%%deno ${evil}`, 3),
      codeCell(`%%markdown\n${evil}`, 4),
    ];
    expect(await outputOf(...cells)).toBe('');
    expect(await scriptOf(cells, 'a\nprint("name").ipynb')).toMatch(
      /the notebook a\n# print\("name"\)\.ipynb/,
    );
    expect(await scriptOf(cells)).not.toContain('\u202e');
  });
});

describe('Python of IPython', () => {
  it.each([
    ['%time 1\nprint(1)', 'pass  # %time 1\nprint(1)'],
    ['if x:\n  !ls\n  ?name', 'if x:\n  pass  # !ls\n  pass  # ?name'],
    ['name??', 'pass  # name??'],
    ['a.b ?', 'pass  # a.b ?'],
    ['\r\nx = 1\r\n%time 1\r\n', 'x = 1\npass  # %time 1'],
    ['from __future__ import annotations', 'pass  # from __future__ import annotations'],
  ])('%j becomes %j', (source, plain) => {
    expect(plainPython(source)).toBe(plain);
  });

  it.each([
    ['y = (7\n% 2)'],
    ['y = [7,\n"]%s"\n% 5, {1:\n2}]'],
    ['y = """\n%d\n\\"""\n%s""" % (1, 2)'],
    ["y = '''\n!x\n''' + 'it' + \"'\" + '\\'' # '''"],
    ['y = 7 \\\n% 2'],
    ["y = 'a\\\n%s' % 1"],
    ["y = 'a\\\nb\\\n%s' % 1; z = (1\n% 2)"],
    ['y = 7  # (\ny %= 2'],
    ['y = "#("\ny = y[0]'],
  ])('%j stays as it is, for Python reads it', async (source) => {
    expect(plainPython(source)).toBe(source);
    const { status, stderr } = await runCommand(testPython(), ['-c', source]);
    expect(status, stderr).toBe(0);
  });

  it('is read on after brackets and quotes that do not match', () => {
    expect(plainPython(')\n%time')).toBe(')\npass  # %time');
    expect(plainPython("x = 'a\n%time")).toBe("x = 'a\npass  # %time");
    expect(plainPython("x = 'a\\\nb\n%time")).toBe("x = 'a\\\nb\npass  # %time");
  });

  it('awaits outside functions only where no function is around it', () => {
    expect(awaitsOutsideFunctions('await x')).toBe(true);
    expect(awaitsOutsideFunctions('if a:\n\n    async with b: pass')).toBe(true);
    expect(awaitsOutsideFunctions('async for a in b: pass')).toBe(true);
    expect(
      awaitsOutsideFunctions('async def f():\n    if a:\n        1\n    for b in c:\n        await d'),
    ).toBe(false);
    expect(awaitsOutsideFunctions('awaited = 1')).toBe(false);
  });

  it('tells what it imports from the future', () => {
    expect(futures('import a\nfrom  __future__ import a, b  # c\r\n  from __future__ import d')).toEqual([
      'from __future__ import a, b',
    ]);
  });
});
