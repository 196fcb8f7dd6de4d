import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { killQuietly } from '../../kernel/sandbox/kill.ts';
import { planted } from './deceptions.ts';
import { anyPython, processStatus, readUntil } from './sandboxes.ts';
import { run, Workers } from './workers.ts';

const renamed = 'import ctypes\nctypes.CDLL(None).prctl(15, b"neighbour", 0, 0, 0)';
/** One that is another process all the time may be missed by some scans. */
const scans = 10;
let count = 0;

/** What attacks of a session are after, and a plain Python without Replique in which they must succeed. */
export class SessionGround {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-session-')));
  readonly outside = join(this.top, 'outside');
  /** What an attack names the process that is to stay. */
  readonly marker = `left-${process.pid}-${(count += 1)}`.slice(0, 15);
  readonly #workers = new Workers();
  readonly #children: ChildProcess[] = [];
  readonly #workspaces: string[] = [];
  #neighbour: { readonly workspace: string; readonly pid: number } | undefined;

  /** Starts what is to be found: variables, files, a program with a connection file. */
  constructor() {
    const connection = join(this.outside, 'runtime', 'kernel-1.json');
    mkdirSync(join(this.outside, 'runtime'), { recursive: true });
    writeFileSync(connection, JSON.stringify({ key: planted }));
    writeFileSync(join(this.outside, 'secret.txt'), 'secret');
    writeFileSync(join(this.outside, 'table.csv'), `${planted},b\n`);
    vi.stubEnv('REPLIQUE_PLANTED_KEY', planted);
    vi.stubEnv('JPY_CONNECTION_FILE', connection);
    this.#children.push(spawn('tail', ['-f', connection], { stdio: 'ignore' }));
  }

  /** Starts another session, for attacks on it. */
  async addNeighbour(): Promise<void> {
    const { worker, workspace } = this.#workers.create({ isolation: 'bubblewrap' });
    await run(worker, `${renamed}\nopen("private.txt", "w").write("private")`);
    this.#neighbour = { workspace, pid: (await worker.firstProcess())! };
  }

  /** A session with a workspace of its own, in the sandbox. */
  session(): { readonly worker: SessionWorker; readonly workspace: string } {
    const session = this.#workers.create({ isolation: 'bubblewrap' });
    prepare(session.workspace);
    this.#workspaces.push(session.workspace);
    return session;
  }

  /** A workspace for plain Python. */
  workspace(): string {
    const workspace = mkdtempSync(join(this.top, 'plain-'));
    mkdirSync(join(this.top, 'home'), { recursive: true });
    prepare(workspace);
    this.#workspaces.push(workspace);
    return workspace;
  }

  /** `code` with what it may use: `argument`. */
  complete(code: string): string {
    const { workspace, pid } = this.#neighbour ?? {};
    const argument = {
      ...{ outside: this.outside, marker: this.marker },
      ...(workspace && { neighbour: workspace, neighbourPid: pid }),
    };
    return `argument = ${JSON.stringify(argument)}\n${code}`;
  }

  /** Starts `code` as a person would: no sandbox, the person's variables, a descriptor left open. */
  async plain(code: string, workspace: string): Promise<ChildProcess> {
    const script = join(mkdtempSync(join(this.top, 'script-')), 'main.py');
    writeFileSync(script, `${this.complete(code)}\nprint("result", globals().get("result"))\n`);
    const secret = openSync(join(this.outside, 'secret.txt'), 'r');
    const child = spawn(realpathSync((await anyPython()).executable), ['-B', script], {
      cwd: workspace,
      env: { ...process.env, HOME: join(workspace, '..', 'home'), PYTHONPATH: workspace },
      stdio: ['ignore', 'pipe', 'pipe', secret],
    });
    closeSync(secret);
    this.#children.push(child);
    return child;
  }

  /** Whether plain Python ended with `result` true. */
  async plainResult(code: string, workspace: string): Promise<boolean> {
    const child = await this.plain(code, workspace);
    const ended = once(child, 'exit');
    const said = await readUntil(child.stdout!, /result (True|False|None)/);
    await ended;
    return said.includes('result True');
  }

  /** Processes that an attack named to be found. */
  left(): readonly number[] {
    const own = new RegExp(`^Name:\\t${this.marker}\n(.*\n)?State:\\t[^ZX]`);
    const numbers = (): readonly number[] =>
      readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
    for (let scan = 0; scan < scans; scan += 1) {
      const left = numbers().filter((pid) => own.test(processStatus(pid)));
      if (left.length > 0) return left;
    }
    return [];
  }

  /** Ends the processes that attacks left. */
  async endLeft(): Promise<void> {
    const isOver = (): void => {
      const left = this.left();
      left.forEach(killQuietly);
      if (left.length > 0) throw new Error(`Left: ${left.join()}`);
    };
    await vi.waitFor(isOver, { timeout: 80_000, interval: 0 });
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs();
    for (const child of this.#children) child.kill('SIGKILL');
    await this.endLeft();
    // What is nested deeper than a path can be long is only removed by a program that walks.
    spawnSync('find', [...this.#workspaces, '-mindepth', '1', '-delete']);
    await this.#workers.close();
    rmSync(this.top, { recursive: true, force: true });
  }
}

/** What a workspace has that other programs obey. */
function prepare(workspace: string): void {
  mkdirSync(join(workspace, '.git', 'hooks'), { recursive: true });
  writeFileSync(join(workspace, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(workspace, '.git', 'config'), '[core]\n');
}
