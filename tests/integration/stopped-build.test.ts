import { spawn } from 'node:child_process';
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
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { programFile } from '../../server/cli/program.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { startReplique } from '../support/cli.ts';
import { testPython } from '../support/python.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** The real command line and pip, on an index that never answers: as long as its connection is open, pip runs. */

let top: string;
let index: Server;
let notebook: string;
let env: NodeJS.ProcessEnv;

const shelf = () => join(top, 'data', 'replique', 'python', 'locked');

/** A locked run, as soon as its pip has asked the index. */
async function building() {
  const asked = once(index, 'request') as Promise<[{ readonly socket: Socket }]>;
  const child = spawn(process.execPath, [programFile('replique.js'), 'run', notebook, '--locked'], { env });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const [{ socket }] = await Promise.race([
    asked,
    ended.then(() => Promise.reject(new Error(`It ended: ${stderr}`))),
  ]);
  const pipIsGone = socket.destroyed ? Promise.resolve() : once(socket, 'close');
  return { child, ended, pipIsGone, said: () => stderr };
}

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-stopped-build-')));
  const work = join(top, 'work');
  for (const directory of [work, shelf()]) mkdirSync(directory, { recursive: true });
  index = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(index, 'listening');
  const script = join(top, 'script.json');
  writeFileSync(script, JSON.stringify({ replies: [] }));
  env = {
    ...process.env,
    ...{ REPLIQUE_PROVIDER: 'mock', REPLIQUE_MODEL: 'tiny', REPLIQUE_MOCK_SCRIPT: script },
    ...{ REPLIQUE_PYTHON: testPython(), REPLIQUE_AUDIT_DIR: join(top, 'audit') },
    ...{ XDG_CONFIG_HOME: join(top, 'config'), XDG_DATA_HOME: join(top, 'data') },
    PIP_INDEX_URL: `http://127.0.0.1:${(index.address() as AddressInfo).port}/simple`,
    ...{ PIP_FIND_LINKS: '', PIP_NO_INDEX: '', NO_PROXY: '127.0.0.1', PIP_CONFIG_FILE: '/dev/null' },
  };
  notebook = saveNotebook(work, [codeCell('How many?', null)], 'a.ipynb');
  const freeze = await runCommand(process.execPath, [programFile('replique.js'), 'freeze', notebook], {
    env: { ...env, PIP_NO_INDEX: '1' },
  });
  expect(freeze.status, freeze.stderr).toBe(0);
  const lock = join(work, 'a.lock.txt');
  writeFileSync(lock, readFileSync(lock, 'utf8').replace(/^ipython==.*$/m, 'ipython==0.0.1'));
}, 120_000);
afterAll(() => {
  index.closeAllConnections();
  index.close();
  rmSync(top, { recursive: true, force: true });
});

describe('while the environment of a locked notebook is made', { timeout: 120_000 }, () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, its pip, and leaves nothing of it', async (signal) => {
    const { child, ended, pipIsGone, said } = await building();
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(said()).toContain('Stopped before the first notebook: no environment is made, and nothing ran.');
    await pipIsGone;
    expect(readdirSync(shelf())).toEqual([]);
  });

  it('also in this process it says so, and nothing runs', async () => {
    for (const [name, value] of Object.entries(env)) if (value !== undefined) vi.stubEnv(name, value);
    const asked = once(index, 'request');
    const run = startReplique('run', notebook, '--locked', '--output', join(top, 'never.ipynb'));
    await asked;
    process.emit('SIGINT');
    expect(await run.ended).toMatchObject({ status: 130, stdout: '' });
    vi.unstubAllEnvs();
    expect([readdirSync(shelf()), existsSync(join(top, 'never.ipynb'))]).toEqual([[], false]);
  });

  it('a kill ends its pip, too, and what is half made is made anew', async () => {
    const killed = await building();
    killed.child.kill('SIGKILL');
    await Promise.all([killed.ended, killed.pipIsGone]);
    expect(readdirSync(shelf()).some((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
    const again = await building();
    again.child.kill('SIGINT');
    await Promise.all([again.ended, again.pipIsGone]);
    expect(readdirSync(shelf()).filter((name) => !name.includes('.used-'))).toEqual([]);
  });
});
