import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killQuietly } from '../../../kernel/sandbox/kill.ts';
import { codeCell, notebookWith } from '../../support/notebook-page.ts';
import { testPython } from '../../support/python.ts';
import { freePort } from '../../support/ports.ts';
import { answers, ended } from '../../support/server-process.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'dist', 'replique.js');

describe('a server that is killed while a cell runs', { timeout: 120_000 }, () => {
  let top: string;
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'rjk-')));
    mkdirSync(join(top, 'workspace'));
  });
  afterAll(() => rmSync(top, { recursive: true, maxRetries: 5, retryDelay: 200 }));

  async function start(): Promise<{
    server: ChildProcess;
    ask: (path: string, body?: object) => Promise<Response>;
  }> {
    const port = String(await freePort());
    const options = ['--port', port, '--token', 't', '--dir', join(top, 'workspace'), '--allow-root'];
    const server = spawn(process.execPath, [program, 'server', ...options, '--log-level', 'silent'], {
      cwd: top,
      stdio: 'ignore',
      env: {
        ...process.env,
        XDG_DATA_HOME: join(top, 'data'),
        JUPYTER_PATH: join(dirname(dirname(testPython())), 'share', 'jupyter'),
        IPYTHONDIR: join(top, 'ipython'),
      },
    });
    await answers(`http://127.0.0.1:${port}`);
    const ask = (path: string, body?: object): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/${path}`, {
        headers: { authorization: 'token t' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      });
    return { server, ask };
  }

  it('has in the notebook what the cell had come to, when it runs again', async () => {
    const path = 'n.ipynb';
    writeFileSync(join(top, 'workspace', path), JSON.stringify(notebookWith(codeCell('a', '1'))));
    const first = await start();
    const made = await first.ask('api/sessions', { path, type: 'notebook', kernel: { name: 'python3' } });
    const { id } = (await made.json()) as { id: string };
    const prompt =
      'import os, time\nprint(os.getpid(), flush=True)\nfor n in range(600): print("line", n, flush=True); time.sleep(0.1)';
    const started = await first.ask(`api/replique/sessions/${id}/prompt`, { prompt });
    const { events, cell_id: cell } = (await started.json()) as { events: string; cell_id: string };
    let seen = '';
    for await (const piece of (await first.ask(events.slice(1))).body!) {
      seen += Buffer.from(piece).toString();
      if (seen.includes('line 5')) break;
    }
    const gone = once(first.server, 'close');
    first.server.kill('SIGKILL');
    await gone;
    killQuietly(Number(/"text":"(\d+)/.exec(seen)![1])); // who watches it may have been faster

    const second = await start();
    const model = await (await second.ask(`api/contents/${path}?content=1`)).json();
    const { cells } = (model as { content: { cells: { id: string; source: string; outputs: object[] }[] } })
      .content;
    expect(cells.map((each) => each.id)).toEqual(['a', cell]);
    expect(cells[1]!.source).toBe(prompt);
    const [printed, notice] = cells[1]!.outputs as { name: string; text: string }[];
    expect(printed).toMatchObject({
      name: 'stdout',
      text: expect.stringMatching(/^\d+\nline 0\nline 1\nline 2\nline 3\nline 4\nline 5/) as string,
    });
    expect(notice).toMatchObject({
      name: 'stderr',
      text: expect.stringContaining('The kernel ended while this cell ran.') as string,
    });
    expect(readFileSync(join(top, 'workspace', path), 'utf8')).toContain('line 5');
    await ended(second.server);
  });
});
