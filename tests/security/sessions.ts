import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { dataDir } from '../../kernel/paths.ts';
import { Random } from '../fuzz/random.ts';
import { endSession, type Ending } from '../support/killed-session.ts';
import { processesNaming } from '../support/process-tree.ts';

const atOnce = 4;
const longestMs = { start: 1_000, run: 200 };

/** What sessions left behind, by kind; empty where nothing is. */
export type Leftovers = Readonly<Record<string, readonly string[]>>;

/**
 * Starts real kernels with real sandboxes, which run helpers that leave what they can; ends every other one by SIGKILL,
 * the rest by SIGTERM, most while a helper runs, some while they start; and looks for what they left: processes, mounts,
 * cgroups, sockets and temporary files.
 * @param kernel path of the built kernel
 * @param isAlone nothing else runs that makes mounts or files: then the whole machine is looked at, not only their places
 */
export async function runSessions(
  kernel: string,
  count: number,
  seed: number,
  isAlone = false,
): Promise<Leftovers> {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-sessions-')));
  try {
    const before = seen(top, isAlone);
    const endings = endingsOf(new Random(seed), count);
    let next = 0;
    const work = async (): Promise<void> => {
      for (let number = next++; number < count; number = next++) {
        const ending = endings[number]!;
        const place = join(top, `${ending.signal}-${ending.phase}-${number}`);
        await endSession(kernel, place, ending);
        if (number % 100 === 99) console.log(`  ${number + 1} …`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    for (let tries = 0; tries < 300 && processesNaming(top).length > 0; tries += 1) await wait(100);
    const found = Object.entries(seen(top, isAlone)).map(
      ([kind, names]) => [kind, names.filter((name) => !before[kind]!.includes(name))] as const,
    );
    return Object.fromEntries(found.filter(([, names]) => names.length > 0));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function endingsOf(random: Random, count: number): readonly Ending[] {
  return Array.from({ length: count }, (_, number) => {
    const phase = random.chance(0.75) ? 'run' : 'start';
    const afterMs = random.below(longestMs[phase]);
    return { signal: number % 2 === 0 ? 'SIGKILL' : 'SIGTERM', phase, afterMs };
  });
}

function seen(top: string, isAlone: boolean): Leftovers {
  const places = below(top);
  const machine: Leftovers = {
    mounts: lines('/proc/self/mountinfo'),
    cgroups: below('/sys/fs/cgroup'),
    'data directory': below(dataDir()).filter((path) => !/audit(\.key)?$|set-aside$/.test(path)),
    'files of the machine': [tmpdir(), '/run'].flatMap(below).filter((path) => path.includes('replique')),
  };
  return {
    ...(isAlone ? machine : {}),
    processes: processesNaming(top),
    'sockets in use': lines('/proc/net/unix').filter((line) => line.includes(top)),
    'temporary files': places.flatMap((path) => [...below(join(path, 'tmp')), ...below(join(path, 'run'))]),
    // Those of a kernel that could not end in order are its client's to remove, as its connection file is.
    'files of sockets': places
      .filter((path) => path.includes('SIGTERM-run'))
      .flatMap((path) => below(join(path, 'sockets'))),
  };
}

function below(path: string): readonly string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
}

function lines(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split('\n');
}

/** Prints what came of it; 1 where something was left behind. */
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
