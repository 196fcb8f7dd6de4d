import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../fuzz/random.ts';
import { freePort } from '../../support/ports.ts';
import { answers } from '../../support/server-process.ts';

const program = join(import.meta.dirname, '..', '..', '..', 'dist', 'replique.js');
const sample = process.env['REPLIQUE_TEST_SAMPLE'];
const kills = sample === 'all' ? 100 : 4;
const cellCount = 200;
const lineLength = 400_000;

/** A notebook in which each cell tells of the same version. */
const notebook = (version: number): object => ({
  ...{ metadata: { version }, nbformat: 4, nbformat_minor: 5 },
  cells: Array.from({ length: cellCount }, (_each, index) => ({
    ...{ cell_type: 'markdown', id: `cell-${index}`, metadata: {}, source: `${version} `.repeat(400) },
  })),
});

/** The real server, killed at seeded instants while clients save. `REPLIQUE_TEST_SAMPLE=all` kills it a hundred times. */
describe('a server that is killed while it saves', { timeout: 1_200_000 }, () => {
  let top: string;
  let workspace: string;
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'rck-')));
    workspace = join(top, 'workspace');
    mkdirSync(workspace);
  });
  afterAll(() => rmSync(top, { recursive: true }));

  async function start(): Promise<{
    kill: () => Promise<void>;
    put: (path: string, body: object) => Promise<void>;
  }> {
    const port = await freePort();
    const options = [
      '--port',
      String(port),
      '--token',
      't',
      '--dir',
      workspace,
      '--allow-root',
      '--log-level',
      'silent',
    ];
    const child = spawn(process.execPath, [program, 'server', ...options], {
      ...{ cwd: top, stdio: 'ignore', env: { ...process.env, XDG_DATA_HOME: join(top, 'data') } },
    });
    const origin = `http://127.0.0.1:${port}`;
    await answers(origin);
    const kill = async (): Promise<void> => {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    };
    const put = async (path: string, body: object): Promise<void> => {
      const headers = { authorization: 'token t' };
      const response = await fetch(`${origin}/api/contents/${path}`, {
        method: 'PUT',
        headers,
        body: JSON.stringify(body),
      });
      await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
    };
    return { kill, put };
  }

  /** What is in a file, if it is whole: the version that all of it tells of. */
  function versions(): Record<string, number> {
    const whole: Record<string, number> = {};
    if (existsSync(join(workspace, 'n.ipynb'))) {
      const read = JSON.parse(readFileSync(join(workspace, 'n.ipynb'), 'utf8')) as {
        metadata: { version: number };
        cells: { source: string[] }[];
      };
      const { version } = read.metadata;
      expect(read.cells.length).toBe(cellCount);
      for (const { source } of read.cells) expect(source.join('')).toBe(`${version} `.repeat(400));
      whole['n.ipynb'] = version;
    }
    for (const name of ['a.txt', 'up.bin']) {
      if (!existsSync(join(workspace, name))) continue;
      const text = readFileSync(join(workspace, name), 'utf8');
      const version = text.charCodeAt(0);
      expect(text === String.fromCharCode(version).repeat(lineLength), `${name} is whole`).toBe(true);
      whole[name] = version;
    }
    return whole;
  }

  it(`leaves every file whole, old or new, each of ${kills} times`, async () => {
    const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 5);
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    let version = 0x4e00; // a sign of three bytes: half of one would be seen
    for (let round = 0; round < kills; round += 1) {
      const { kill, put } = await start();
      const last: Record<string, number> = versions();
      const sent: Record<string, number> = {};
      const killed = new AbortController();
      const saving = (async () => {
        while (!killed.signal.aborted) {
          version += 1;
          const content = String.fromCharCode(version).repeat(lineLength);
          const half = content.slice(lineLength / 2);
          const text = (body: object) => ({ type: 'file', format: 'text', ...body });
          const save = async (name: string, write: () => Promise<void>): Promise<void> => {
            sent[name] = version;
            await write();
            last[name] = version;
          };
          await save('n.ipynb', () => put('n.ipynb', { type: 'notebook', content: notebook(version) }));
          await save('a.txt', () => put('a.txt', text({ content })));
          await save('up.bin', async () => {
            await put('up.bin', text({ content: half, chunk: 1 }));
            await put('up.bin', text({ content: half, chunk: -1 }));
          });
        }
      })().catch(() => undefined);
      // Once, all of them are written; from then on they are there to be spoilt.
      while (round === 0 && last['up.bin'] === undefined) await after(10);
      await after(random.below(400));
      await kill();
      killed.abort();
      await saving;
      for (const [name, found] of Object.entries(versions())) {
        expect([last[name], sent[name]], `${name} in round ${round}`).toContain(found);
      }
      for (const name of Object.keys(last)) expect(existsSync(join(workspace, name))).toBe(true);
    }
    const others = readdirSync(workspace).filter((name) => !/^\.~replique-[0-9a-f]{16}\.draft$/.test(name));
    expect(others.toSorted()).toEqual(expect.arrayContaining(['a.txt', 'n.ipynb', 'up.bin']));
    expect(others.every((name) => ['.ipynb_checkpoints', 'a.txt', 'n.ipynb', 'up.bin'].includes(name))).toBe(
      true,
    );
  });
});
