import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** Honest code that shows more than the protocol takes: something is left out, Python and its memory stay. */

const workers = new Workers();
let worker: SessionWorker;
let workspace: string;
beforeAll(async () => {
  ({ worker, workspace } = workers.create());
  await run(worker, 'kept = 5');
});
afterAll(() => workers.close());

const lives = async (): Promise<void> => {
  expect((await run(worker, 'print(kept)')).stdout).toBe('5\n');
};

const nested = 'x = []\nfor _ in range(LEVELS): x = [x]\n';
const show = 'from IPython.display import display\n';

describe('what is too large or too deep does not end Python', () => {
  it('an error with 40 MB of text ends the cell as that error', async () => {
    const { status, error } = await run(worker, 'raise ValueError("x" * 40_000_000)', { timeoutMs: 20_000 });
    expect(status).toBe('error');
    expect(error?.ename).toBe('ValueError');
    expect(error?.evalue).toMatch(/^x+$/);
    await lives();
  });

  it('a traceback of 20,000 lines is cut', async () => {
    const code = 'class E(Exception):\n  def _render_traceback_(self): return ["line"] * 20000\nraise E';
    const { status, error } = await run(worker, code);
    expect(status).toBe('error');
    expect(error?.traceback.join('\n')).toMatch(/^(line\n?)+$/);
    await lives();
  });

  it('a user expression of 50 MB is left out, and stderr says so', async () => {
    const userExpressions = { a: '"x" * 50_000_000' };
    const ran = await run(worker, 'print(1)', { userExpressions, timeoutMs: 20_000 });
    expect(ran).toMatchObject({ status: 'ok', stdout: '1\n', userExpressions: {} });
    expect(ran.stderr).toContain('An output is not shown');
    await lives();
  });

  it('a display of 50 MB is in a file, and stderr says where', async () => {
    const code = `${show}display({"text/html": "é" * 25_000_000, "text/plain": "t"}, raw=True)`;
    const ran = await run(worker, code, { timeoutMs: 20_000 });
    const path =
      /An output is not shown: \d+ MB in one output\. It is in (replique-outputs\/output-\w+\.html)\./.exec(
        ran.stderr,
      )?.[1];
    const kept = readFileSync(join(workspace, path ?? ''));
    expect(kept.length).toBe(50_000_000);
    expect(kept.every((byte, at) => byte === (at % 2 === 0 ? 0xc3 : 0xa9))).toBe(true);
    await lives();
  });

  it.each([80, 200_000])('JSON %i levels deep is cut', async (levels) => {
    const code = `${nested.replace('LEVELS', String(levels))}${show}display({"application/json": x, "text/plain": "t"}, raw=True)`;
    const { status, outputs } = await run(worker, code);
    expect(status).toBe('ok');
    expect(outputs).toMatchObject([{ kind: 'display', data: { 'text/plain': 't' } }]);
    await lives();
  });

  it.each([
    ['a type with a long name', '{"a" * 2000: "b", "text/plain": "t"}, raw=True'],
    ['thousands of types', '{"text/plain": "t", **{f"x/{i}": b"a" for i in range(3000)}}, raw=True'],
    ['a long display id', '{"text/plain": "t"}, raw=True, display_id="d" * 2000'],
  ])('%s', async (_, display) => {
    const { status, outputs } = await run(worker, `${show}_ = display(${display})`);
    expect(status).toBe('ok');
    expect(outputs).toMatchObject([{ kind: 'display', data: { 'text/plain': 't' } }]);
    await lives();
  });

  it('a question of 40 MB is asked in part', async () => {
    const asked: string[] = [];
    const onInput = (prompt: string): Promise<string> => {
      asked.push(prompt);
      return Promise.resolve('yes');
    };
    const code = 'print(input("q" * 40_000_000))';
    expect(await run(worker, code, { onInput, timeoutMs: 20_000 })).toMatchObject({ stdout: 'yes\n' });
    expect(asked[0]).toMatch(/^q+$/);
    await lives();
  });
});

it('a helper that breaks Python beyond repair ends it at once, whatever waits for an orderly end', async () => {
  const code = `
import atexit, builtins, threading, time
atexit.register(time.sleep, 600)
threading.Thread(target=time.sleep, args=(600,)).start()
del builtins.len, builtins.isinstance, builtins.BaseException, builtins.str`;
  const { status } = await run(worker, code, { timeoutMs: 20_000 });
  expect(status).toBe('died');
  expect((await run(worker, '1')).status).toBe('ok');
});
