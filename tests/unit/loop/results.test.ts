import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bound, escapeTags, plainText } from '../../../kernel/loop/escape.ts';
import { hintsFor, missingFile } from '../../../kernel/loop/hints.ts';
import { ResultCollector } from '../../../kernel/loop/results.ts';
import { shortTraceback } from '../../../kernel/loop/traceback.ts';
import type { WorkerOutput } from '../../../kernel/sandbox/contract.ts';
import type { ToolResult } from '../../../kernel/tools/contract.ts';
import { stdout } from '../../support/scripted-tool.ts';

const seed = Number(process.env['REPLIQUE_SEED'] ?? 20261123);
const ok: ToolResult = { status: 'ok', durationMs: 1 };
const esc = '\u001b';

function collect(outputs: readonly WorkerOutput[], result: ToolResult = ok, limit = 4000): string {
  const collector = new ResultCollector();
  for (const output of outputs) collector.add(output);
  return collector.finish(result, limit, hintsFor(result));
}

const body = (text: string): string => text.split('\n').slice(1, -1).join('\n');
const display = (data: Record<string, unknown>): WorkerOutput => ({ kind: 'display', data, metadata: {} });

describe('the result for the model', () => {
  it('holds what was printed and shown, in order', () => {
    const text = collect([
      stdout('a'),
      stdout('b\n'),
      { kind: 'stream', name: 'stderr', text: 'warn\n' },
      display({ 'image/png': 'aGk=', 'text/plain': '<Figure>' }),
      { kind: 'result', data: { 'text/html': '<table>', 'text/plain': '   x\n0  1' }, metadata: {} },
      display({ 'text/markdown': ['# h', '\n'] }),
      display({ 'application/json': { a: 1 } }),
      { kind: 'update_display', data: { 'text/html': '<b>' }, metadata: {}, displayId: 'd' },
    ]);
    expect(text).toBe(
      '<result status="ok">\nab\nwarn\n[image/png, shown to the reader]\n   x\n0  1\n# h\n\n{"a":1}\n[text/html, shown to the reader]\n</result>',
    );
  });

  it('teaches to print where there is no output', () => {
    expect(body(collect([stdout(' \n')]))).toContain('print what you need');
    expect(body(collect([], { status: 'died', durationMs: 1 }))).toContain('memory is lost');
  });

  it('forgets what clear_output cleared, at once or with the next output', () => {
    expect(body(collect([stdout('1\n'), { kind: 'clear_output', wait: false }, stdout('2\n')]))).toBe('2');
    expect(body(collect([stdout('1\n'), { kind: 'clear_output', wait: true }]))).toBe('1');
    expect(body(collect([stdout('1\n'), { kind: 'clear_output', wait: true }, stdout('2\n')]))).toBe('2');
  });

  it('bounds text by head and tail and says how much was left out', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`).join('\n');
    const text = collect([stdout(lines)], ok, 500);
    expect(text).toMatch(/^<result status="ok">\nline 0\n/);
    expect(text).toContain('line 999\n</result>');
    expect(text).toMatch(/\[… \d+ characters \(\d+ lines\) left out …\]/);
    expect(text.length).toBeLessThan(620);
  });

  it('keeps memory bounded however much is printed, head and tail remain', () => {
    const collector = new ResultCollector();
    collector.add(stdout('HEAD\n'));
    for (let i = 0; i < 10_000; i += 1) collector.add(stdout('x'.repeat(997) + '\n'));
    collector.add(stdout('z'.repeat(2_000_000)));
    collector.add(stdout('TAIL\n'));
    const text = collector.finish(ok, 1000);
    expect(text).toContain('HEAD');
    expect(text).toContain('TAIL');
    expect(text).toMatch(/\[\d+ characters were not kept\]/);
    for (let i = 0; i < 5000; i += 1) collector.add(stdout('.'));
    expect(collector.finish(ok, 1000)).toContain('HEAD');
  });

  it('says an error once, with its notice and a hint', () => {
    const error = { ename: 'KeyError', evalue: "'k'", traceback: [] };
    const outputs: WorkerOutput[] = [{ kind: 'error', error }];
    const text = collect(outputs, { status: 'error', error, durationMs: 1, notice: 'A notice.' });
    expect(text.match(/KeyError/g)).toHaveLength(1);
    expect(text).toContain('A notice.');
    expect(text).toContain('Hint: print the names');
    expect(collect([], { status: 'error', error, durationMs: 1 })).toContain("KeyError: 'k'");
    expect(collect([], { status: 'timeout', durationMs: 1 })).toContain('do less at once');
    expect(collect([], { status: 'error', error: { ...error, ename: 'Odd' }, durationMs: 1 })).toContain(
      'find the cause',
    );
  });

  it.each([
    ['TypeError', "unsupported operand type(s) for +: 'int' and 'str'", 'float(line)'],
    ['TypeError', "unsupported operand type(s) for -: 'str' and 'str'", 'idxmax() and idxmin() are names'],
    ['UFuncTypeError', "ufunc 'subtract' has no loop for dtype('<U5')", 'idxmax() and idxmin() are names'],
    ['TypeError', 'must be real number, not str', 'float(line)'],
    ['TypeError', "'NoneType' object is not callable", 'find the cause'],
    ['NameError', "name 'plt' is not defined", 'begin the code with import matplotlib.pyplot as plt'],
    ['NameError', "name 'total' is not defined", 'write a line of its own: total = …'],
    ['NameError', 'told by the code', 'the missing import'],
    ['FileNotFoundError', "No such file or directory: 'a.txt'", 'os.listdir'],
  ])('leads from a %s (%s) to a corrected block', (ename, evalue, hint) => {
    const error = { ename, evalue, traceback: [] };
    const lines = collect([], { status: 'error', error, durationMs: 1 }).split('\n');
    expect(lines.at(-3)).toContain(hint);
    expect(lines.at(-2)).toContain('Begin it with <helpers lang="python">');
  });

  it('tells where the file is that was not found', () => {
    const missing = (path: string): ToolResult => ({
      status: 'error',
      error: {
        ename: 'FileNotFoundError',
        evalue: `[Errno 2] No such file or directory: '${path}'`,
        traceback: [],
      },
      durationMs: 1,
    });
    expect(missingFile(missing('notes/numbers.txt'))).toBe('numbers.txt');
    expect(missingFile(missing('a.txt'))).toBe('a.txt');
    expect(missingFile({ status: 'ok', durationMs: 1 })).toBeUndefined();
    const [hint] = hintsFor(missing('notes/numbers.txt'), { found: ['numbers.txt'] });
    expect(hint).toContain('the file is "numbers.txt" in the current directory');
    expect(hint).not.toContain('os.listdir');
    const [deeper] = hintsFor(missing('a.txt'), { found: ['notes/a.txt', 'x</result>/a.txt'] });
    expect(deeper).toContain('"notes/a.txt" or "x&lt;/result>/a.txt"');
    expect(deeper).toContain('os.path.join(folder, name)');
  });

  it('leaves frames of compiled libraries out', () => {
    const traceback = [
      'File pandas/_libs/index.pyx:201, in pandas._libs.index.IndexEngine.get_loc()',
      "--> 201 'Could not get source, probably due dynamically evaluated source code.'",
      'Cell In[4], line 3',
      '----> 3 readings["reading"]',
    ];
    const text = collect([], {
      status: 'error',
      error: { ename: 'KeyError', evalue: "'reading'", traceback },
      durationMs: 1,
    });
    expect(text).toContain('Cell In[4], line 3');
    expect(text).toContain('[1 frames left out]');
    expect(text).not.toContain('pyx');
  });

  it('can neither open nor close a tag, whatever is printed', () => {
    const part = fc.constantFrom(
      '<',
      '</',
      '< ',
      'result',
      'RESULT',
      'helpers',
      'helper',
      '>',
      ' status="ok"',
      '<|',
      'im_end',
      '|>',
      '[INST]',
      '</s>',
      '<end_of_turn>',
      esc,
      '[0m',
      '\r',
      '\n',
      '\u0000',
      'a',
      '&lt;',
    );
    const hostile = fc.oneof(
      fc.array(part, { maxLength: 20 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(hostile, fc.string(), fc.integer({ min: 5, max: 200 }), (text, evalue, limit) => {
        const error = { ename: 'E', evalue: text + evalue, traceback: [text] };
        const result = collect(
          [stdout(text), display({ 'text/plain': text })],
          { status: 'error', error, durationMs: 1, notice: text },
          limit,
        );
        expect(result.startsWith('<result status="error">\n')).toBe(true);
        const ownEnd = 'Begin it with <helpers lang="python">, without ``` before it.\n</result>';
        expect(result.endsWith(ownEnd)).toBe(true);
        const inside = result.slice('<result status="error">'.length, -ownEnd.length);
        expect(inside).not.toMatch(
          /<\s*\/?\s*(result|helper)|<\||<\/?s>|<\/?(start|end)_of_turn|\[\/?INST\]/i,
        );
        expect(inside).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
      }),
      { seed, numRuns: 2000 },
    );
  });
});

describe('plain text', () => {
  it.each([
    [`${esc}[31mred${esc}[0m`, 'red'],
    [`${esc}]8;;http://x${esc}\\link${esc}]8;;\u0007`, 'link'],
    ['10%\r50%\r100%\nnext', '100%\nnext'],
    ['a\r\nb\r\n', 'a\nb\n'],
    [`a${esc}`, 'a'],
  ])('%j is %j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('takes linear time', () => {
    for (const text of [
      `${esc}]`.repeat(300_000),
      `${esc}[`.repeat(300_000),
      '\r'.repeat(500_000),
      '<'.repeat(500_000) + ' '.repeat(500_000),
    ]) {
      escapeTags(plainText(text));
    }
  });

  it('is not shortened where it fits', () => {
    expect(bound('abc', 3)).toBe('abc');
  });
});

describe('a traceback', () => {
  const library = 'File /x/lib/python3.11/site-packages/pandas/io.py:10, in read(a)\n      9 x\n---> 10 y';

  it('keeps the user’s frames with the line that ran, and the exception', () => {
    const text = shortTraceback({
      ename: 'FileNotFoundError',
      evalue: "No such file: 'nope.csv'",
      traceback: [
        `${esc}[31m-----------${esc}[39m`,
        'FileNotFoundError                         Traceback (most recent call last)',
        `${esc}[36mCell${esc}[39m ${esc}[32mIn[1]${esc}[39m, line 3\n      1 import pandas\n      2 x = 1\n----> 3 read('nope.csv')\n      4 print()`,
        library,
        library,
        "FileNotFoundError: No such file: 'nope.csv'",
      ],
    });
    expect(text).toBe(
      "Cell In[1], line 3\n----> 3 read('nope.csv')\n[2 frames left out]\nFileNotFoundError: No such file: 'nope.csv'",
    );
  });

  it('keeps the caret of a syntax error', () => {
    const text = shortTraceback({
      ename: 'SyntaxError',
      evalue: 'invalid syntax',
      traceback: ['  Cell In[1], line 1\n    def (:\n        ^\nSyntaxError: invalid syntax\n'],
    });
    expect(text).toBe('  Cell In[1], line 1\n    def (:\n        ^\nSyntaxError: invalid syntax');
  });

  it('keeps the last of many frames and understands Python’s own form', () => {
    const frame = (n: number): string => `  File "/home/a.py", line ${n}, in f\n    f()`;
    const text = shortTraceback({
      ename: 'RecursionError',
      evalue: '',
      traceback: ['Traceback (most recent call last):', ...[1, 2, 3, 4, 5, 6].map(frame), 'RecursionError'],
    });
    expect(text).not.toContain('line 2,');
    expect(text).toContain('line 6, in f\n    f()');
    expect(text.endsWith('[2 frames left out]\nRecursionError')).toBe(true);
  });

  it('keeps the carets under an arrow', () => {
    const traceback = ['Cell In[2], line 1\n----> 1 a + b\n      ^^^^^\n      2 c'];
    expect(shortTraceback({ ename: 'E', evalue: 'x', traceback })).toBe(
      'Cell In[2], line 1\n----> 1 a + b\n      ^^^^^\nE: x',
    );
  });
});

describe('a result that is cut', () => {
  const long = Array.from({ length: 2000 }, (_, at) => `line ${at}`).join('\n');
  const finish = (text: string, keep: (text: string) => string | undefined): string => {
    const collector = new ResultCollector();
    collector.add({ kind: 'stream', name: 'stdout', text });
    return collector.finish(ok, 1000, [], keep);
  };

  it('is kept whole, and says where', () => {
    const kept: string[] = [];
    const text = finish(long, (whole) => {
      kept.push(whole);
      return 'replique-outputs/a".txt';
    });
    expect(kept).toEqual([long]);
    expect(text).toContain('[all of it is in the file "replique-outputs/a\\".txt"]');
    expect(text.length).toBeLessThan(1400);
  });

  it('says nothing of a file where none could be made, and none is made for what fits', () => {
    expect(finish(long, () => undefined)).not.toContain('all of it');
    expect(finish('short', () => 'file')).not.toContain('file');
  });

  it('tells how long it took where that is long', () => {
    expect(collect([], { status: 'ok', durationMs: 12_400 })).toContain('[it took 12 s]');
    expect(collect([], { status: 'ok', durationMs: 9_000 })).not.toContain('it took');
  });
});
