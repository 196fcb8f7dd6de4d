import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, statSync, type Stats } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Binding } from './bubblewrap-args.ts';
import { explainFailure, unavailable } from './bubblewrap-remedies.ts';

/**
 * The user of the host that sandboxes run as where Replique runs as root. Never uid 0: a sandbox whose user is the
 * host's root can write /proc/sys. The number lies in 65520–65533, which neither systemd nor a distribution gives
 * to anyone, and within the 65536 that a container usually has.
 */
export const sandboxUid = 65528;

/** Where idmap.py mounts what the sandbox's user must reach. */
const place = '/tmp';
const longestMs = 30_000;
const mostStderr = 4096;
/** Part of every Linux. Never looked for in PATH, as bubblewrap. */
const nsenters = ['/usr/bin/nsenter', '/bin/nsenter', '/run/current-system/sw/bin/nsenter'];

/** Whether this process must give up root for its sandboxes. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Paths under which a stage shows the workspace and the directories. */
export function staged(bindings: readonly Binding[]): { workspace: string; readOnly: readonly Binding[] } {
  return {
    workspace: `${place}/workspace`,
    readOnly: bindings.map(({ target }, index) => ({ source: `${place}/${index}`, target })),
  };
}

/**
 * A mount namespace in which the workspace and the directories are shown to `sandboxUid`. It needs no process: this one
 * holds it by a descriptor, and with this one it ends.
 */
export interface Stage {
  readonly namespace: number;
}

let newest: { readonly key: string; readonly stage: Promise<Stage> } | undefined;

/**
 * The stage of a session, made the first time (a bare Python's start); the one before is let go of. What runs on it stays.
 * Pass its descriptor on before anything else is waited for.
 * @param python runs as root; the caller makes sure that no helper can have changed it
 * @throws RepliqueError SANDBOX_UNAVAILABLE
 */
export function stageFor(python: string, workspaceFd: number, bindings: readonly Binding[]): Promise<Stage> {
  const sources = bindings.map(({ source }) => source);
  const key = [
    python,
    identity(fstatSync(workspaceFd)),
    ...sources.map((path) => path + identity(statSync(path))),
  ];
  const name = key.join('\n');
  if (newest?.key === name) return newest.stage;
  void newest?.stage.then(
    ({ namespace }) => setImmediate(() => closeSync(namespace)),
    () => undefined,
  );
  const made = { key: name, stage: makeStage(python, workspaceFd, sources) };
  made.stage.catch(() => {
    if (newest === made) newest = undefined;
  });
  newest = made;
  return made.stage;
}

/** What a mount made for a directory depends on. */
const identity = ({ dev, ino, uid, gid }: Stats): string => `:${dev}:${ino}:${uid}:${gid}`;

/**
 * Puts before bubblewrap what enters a stage and gives up root.
 * @param namespace the stage's descriptor, by its number in the child
 * @throws RepliqueError SANDBOX_UNAVAILABLE
 */
export function asUnprivilegedUser(namespace: number, command: readonly string[]): readonly string[] {
  const nsenter = nsenters.find((path) => existsSync(path));
  if (nsenter === undefined) {
    throw unavailable('nsenter is not installed, which gives up root for it.', 'Install util-linux.');
  }
  const user = ['-S', String(sandboxUid), '-G', String(sandboxUid)];
  return [nsenter, `-m/proc/self/fd/${namespace}`, ...user, '--', ...command];
}

function makeStage(python: string, workspaceFd: number, sources: readonly string[]): Promise<Stage> {
  const script = fileURLToPath(new URL('./idmap.py', import.meta.url));
  const child = spawn(python, ['-I', '-S', '-B', script, String(sandboxUid), '3', ...sources], {
    ...{
      stdio: ['pipe', 'pipe', 'pipe', workspaceFd],
      env: {},
      cwd: '/',
      timeout: longestMs,
      killSignal: 'SIGKILL',
    },
  });
  const { stdin, stdout, stderr } = child as ChildProcessWithoutNullStreams;
  return new Promise((resolve, reject) => {
    let said = '';
    stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(0, mostStderr);
    });
    stdin.on('error', () => undefined);
    child.on('error', (error) => reject(explainFailure('', error)));
    stdout.once('data', () => {
      try {
        resolve({ namespace: openSync(`/proc/${child.pid}/ns/mnt`, 'r') });
      } catch (error) {
        reject(explainFailure('', error));
      }
      stdin.end();
    });
    child.on('close', () => reject(explainFailure(said, new Error('idmap.py ended without a word.'))));
  });
}
