import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { dataDir } from '../../kernel/paths.ts';
import { Random } from '../fuzz/random.ts';
import { runningIn } from '../support/sandboxes.ts';

const atOnce = 4;

/** What sessions left behind, by kind; empty where nothing is. */
export type Leftovers = Readonly<Record<string, readonly string[]>>;

/**
 * Starts real kernels with real sandboxes, ends every other one by SIGKILL at a random moment, also while it starts, and
 * the rest by SIGTERM, and looks for what they left: processes, mounts, cgroups, sockets and temporary files.
 * @param kernel path of the built kernel
 * @param isAlone nothing else runs that makes mounts or files: then the whole machine is looked at, not only their places
 */
export async function runSessions(
  kernel: string,
  count: number,
  seed: number,
  isAlone = false,
): Promise<Leftovers> {
  const top = mkdtempSync(join(tmpdir(), 'replique-sessions-'));
  const before = seen(top, isAlone);
  const random = new Random(seed);
  const waits = Array.from({ length: count }, () => random.below(2_500));
  let next = 0;
  const work = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      await session(kernel, top, number, waits[number]!);
      if (number % 100 === 99) console.log(`  ${number + 1} …`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (let tries = 0; tries < 50 && processesBelow(top, count).length > 0; tries += 1) await wait(100);
  const after = seen(top, isAlone);
  const found: Record<string, readonly string[]> = { processes: processesBelow(top, count) };
  for (const [kind, names] of Object.entries(after)) {
    found[kind] = names.filter((name) => !before[kind]!.includes(name));
  }
  rmSync(top, { recursive: true, force: true });
  return Object.fromEntries(Object.entries(found).filter(([, names]) => names.length > 0));
}

async function session(kernel: string, top: string, number: number, afterMs: number): Promise<void> {
  const place = join(top, String(number));
  for (const path of [place, join(place, 'workspace'), join(place, 'tmp')]) mkdirSync(path);
  const connection = join(place, 'connection.json');
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const wire = { transport: 'ipc', ip: join(place, 's'), signature_scheme: 'hmac-sha256', kernel_name: '' };
  writeFileSync(connection, JSON.stringify({ ...ports, ...wire, key: randomBytes(16).toString('hex') }), {
    mode: 0o600,
  });
  const child = spawn(process.execPath, [kernel, '-f', connection], {
    cwd: join(place, 'workspace'),
    env: {
      ...process.env,
      REPLIQUE_PROVIDER: 'mock',
      REPLIQUE_AUDIT_DIR: join(place, 'audit'),
      TMPDIR: join(place, 'tmp'),
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await wait(afterMs);
  child.kill(number % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
  await ended;
}

function processesBelow(top: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => join(top, String(number), 'workspace')).flatMap(
    (workspace) => runningIn(workspace).map((pid) => `${pid} in ${workspace}`),
  );
}

/** What there is on this machine beside processes. */
function seen(top: string, isAlone: boolean): Readonly<Record<string, readonly string[]>> {
  const inDirectory = (path: string): readonly string[] => {
    try {
      return readdirSync(path).map((name) => join(path, name));
    } catch {
      return [];
    }
  };
  const numbers = inDirectory(top);
  return {
    mounts: isAlone ? readFileSync('/proc/self/mountinfo', 'utf8').split('\n') : [],
    cgroups: isAlone ? inDirectory('/sys/fs/cgroup') : [],
    'data directory': (isAlone ? inDirectory(dataDir()) : []).filter(
      (path) => !/audit(\.key)?$|set-aside$/.test(path),
    ),
    'temporary files': [...(isAlone ? [tmpdir()] : []), ...numbers.map((path) => join(path, 'tmp'))]
      .flatMap(inDirectory)
      .filter((path) => path.includes('replique') && path !== top),
  };
}

/** `npm run sessions -- N SEED` */
export async function reportSessions(kernel: string, count: number, seed: number): Promise<number> {
  console.log(`${count} sessions, every other one killed, seed ${seed}`);
  const began = performance.now();
  const leftovers = await runSessions(kernel, count, seed, true);
  console.log(
    `in ${((performance.now() - began) / 1000).toFixed(0)} s; left behind: ${Object.keys(leftovers).length === 0 ? 'nothing' : ''}`,
  );
  for (const [kind, names] of Object.entries(leftovers))
    console.error(`${kind}: ${names.slice(0, 20).join(', ')}`);
  return Object.keys(leftovers).length === 0 ? 0 : 1;
}
