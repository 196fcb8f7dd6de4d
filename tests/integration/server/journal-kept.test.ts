import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeCell, notebookWith, type PageCell } from '../../support/notebook-page.ts';
import { testPython } from '../../support/python.ts';
import { freePort } from '../../support/ports.ts';
import { answers } from '../../support/server-process.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'dist', 'replique.js');
const path = 'n.ipynb';
const pollMs = 30_000;

/** Answers of before are waited for so long, and a bit more. */
const lastAnswersMs = 1500;

/** Prints, waits for a file of that name, and says in another one that it goes on. */
const step = (name: string): string => `
print("before ${name}", flush=True)
while not os.path.exists("${name}"): time.sleep(0.01)
print("after ${name}", flush=True)
open("${name}-done", "w").close()`;
const code = `import os, time${step('one')}${step('two')}\n"the end"`;
const printed = 'before one\nafter one\nbefore two\nafter two\n';

describe('a cell that runs while the server is replaced, and no page is there', { timeout: 120_000 }, () => {
  let top: string;
  let port: number;
  let child: ChildProcess;
  beforeEach(async () => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'rjp-')));
    mkdirSync(join(top, 'workspace'));
    port = await freePort();
  });
  afterEach(async () => {
    await end('SIGINT');
    rmSync(top, { recursive: true, maxRetries: 5, retryDelay: 200 });
  });

  async function start(): Promise<void> {
    const options = ['--port', String(port), '--token', 't', '--dir', join(top, 'workspace'), '--allow-root'];
    const more = ['--keep-kernels', '60', '--log-level', 'silent'];
    child = spawn(process.execPath, [program, 'server', ...options, ...more], {
      cwd: top,
      stdio: 'ignore',
      env: {
        ...process.env,
        XDG_DATA_HOME: join(top, 'data'),
        JUPYTER_PATH: join(dirname(dirname(testPython())), 'share', 'jupyter'),
        JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
        IPYTHONDIR: join(top, 'ipython'),
        REPLIQUE_PYTHON: testPython(),
      },
    });
    await answers(`http://127.0.0.1:${port}`);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if ((child.exitCode ?? child.signalCode) !== null) return;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }

  const ask = async <T>(address: string, body?: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/${address}`, {
      headers: { authorization: 'token t' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    return (await answer.json()) as T;
  };
  const inWorkspace = (name: string): string => join(top, 'workspace', name);
  const goOn = (name: string): void => writeFileSync(inWorkspace(name), '');
  const there = (name: string): Promise<void> =>
    expect.poll(() => existsSync(inWorkspace(name)), { timeout: pollMs }).toBe(true);
  const cellsOf = (text: string): PageCell[] => (JSON.parse(text) as { cells: PageCell[] }).cells;
  const served = async (cell: string): Promise<PageCell | undefined> => {
    const { content } = await ask<{ content: { cells: PageCell[] } }>(`api/contents/${path}?content=1`);
    return content.cells.find(({ id }) => id === cell);
  };
  const onDisk = (cell: string): PageCell | undefined =>
    cellsOf(readFileSync(inWorkspace(path), 'utf8')).find(({ id }) => id === cell);
  const text = (cell: PageCell | undefined): string =>
    (cell?.outputs ?? [])
      .map((each) => [(each as { text?: string | string[] }).text ?? []].flat().join(''))
      .join('');
  /** Somebody listens to the kernels that have no server. */
  const watched = (): Promise<void> => {
    const kept = join(top, 'runtime', 'replique-server');
    const isWatched = (): boolean =>
      readdirSync(kept).some((name) => existsSync(join(kept, name, 'watch.json')));
    return expect.poll(isWatched, { timeout: pollMs }).toBe(true);
  };

  it.each([
    ['SIGTERM', 'python3'],
    ['SIGTERM', 'replique'],
    ['SIGKILL', 'python3'],
  ] as const)('has all its outputs in the notebook, once (%s, %s)', async (signal, name) => {
    writeFileSync(inWorkspace(path), JSON.stringify(notebookWith(codeCell('a', '1'))));
    await start();
    const session = await ask<{ id: string; kernel: { id: string } }>('api/sessions', {
      ...{ path, type: 'notebook', kernel: { name } },
    });
    const run = name === 'replique' ? `%%python\n${code}` : code;
    const begun = await ask<{ run: string; cell_id: string }>(`api/replique/sessions/${session.id}/prompt`, {
      prompt: run,
    });
    const cell = begun.cell_id;
    await expect.poll(async () => text(await served(cell)), { timeout: pollMs }).toBe('before one\n');
    await end(signal);
    await watched();
    goOn('one');
    await there('one-done');
    await start();
    expect(await ask('api/sessions')).toMatchObject([{ id: session.id, kernel: { id: session.kernel.id } }]);
    await sleep(lastAnswersMs);
    const events = await fetch(
      `http://127.0.0.1:${port}/api/replique/sessions/${session.id}/events?running=1`,
      { headers: { authorization: 'token t' } },
    );
    expect(events.status).toBe(200); // it still runs
    await expect.poll(async () => text(await served(cell))).toBe('before one\nafter one\nbefore two\n');
    goOn('two');
    expect(await events.text()).toMatch(/event: finished\n.*"status":"ok","execution_count":1\}\n\n$/);
    const whole = {
      source: run,
      execution_count: 1,
      outputs: [
        { output_type: 'stream', name: 'stdout' },
        { output_type: 'execute_result', data: { 'text/plain': "'the end'" } },
      ],
    };
    const now = await served(cell);
    expect(now).toMatchObject(name === 'replique' ? { ...whole, outputs: [{}, {}] } : whole);
    expect(text(now)).toBe(printed);
    expect(text(onDisk(cell))).toBe(printed);
    await end('SIGINT');
    expect(text(onDisk(cell))).toBe(printed);
    // Of a server that was killed nobody knows whether a page may come back.
    const left = signal === 'SIGKILL' ? 1 : 0;
    expect(readdirSync(join(top, 'data', 'replique', 'journal'))).toHaveLength(left);
  });
});
