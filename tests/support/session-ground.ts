import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { killQuietly } from '../../kernel/sandbox/kill.ts';
import { anyPython, processStatus, readUntil } from './sandboxes.ts';
import { run, Workers } from './workers.ts';

const key = 'secret-of-the-host';
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
    writeFileSync(connection, JSON.stringify({ key }));
    writeFileSync(join(this.outside, 'secret.txt'), 'secret');
    writeFileSync(join(this.outside, 'table.csv'), `${key},b\n`);
    vi.stubEnv('REPLIQUE_PLANTED_KEY', key);
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
    const said = await readUntil(child.stdout!, /result (True|False|None)/);
    await once(child, 'exit');
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

const obeyed = ['.git/hooks/post-checkout', '.envrc', 'zzz/.vscode/tasks.json'];

/** Whether a file that other programs run or obey holds what an attack wrote. */
export function isTrapped(workspace: string): boolean {
  return obeyed.some((path) => {
    try {
      return readFileSync(join(workspace, path), 'utf8') === 'trap';
    } catch {
      return false;
    }
  });
}

/** Controls but line ends, and what turns text around or shows as nothing. */
const deceiving = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

/** Whether a listing tells of what is not in the workspace, is too long, or shows as something else than it is. */
export function isDeceived(listing: string): boolean {
  const lines = listing.split('\n');
  const isForged = lines.some((line) => line.startsWith('forged'));
  return (
    listing.includes(key) ||
    lines.length > 61 ||
    listing.length > 50_000 ||
    isForged ||
    deceiving.test(listing)
  );
}

/** A listing as one would write it who trusts the folder; true where it is deceived, or does not end well in 10 s. */
export async function deceivesCareless(workspace: string): Promise<boolean> {
  const child = spawn('python3', ['-I', '-c', careless], {
    cwd: workspace,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 10_000,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return code !== 0 || isDeceived(Buffer.concat(chunks).toString('utf8'));
}

const careless = `
import os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
sys.setrecursionlimit(500)
def look(place):
    for name in os.listdir(place):
        path = place + "/" + name
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            look(path)
        else:
            print(os.fsencode(path).decode("utf-8", "replace"), open(path).readline() if path.endswith(".csv") else "")
look(".")
`;
