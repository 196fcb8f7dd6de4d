import { fileURLToPath } from 'node:url';
import type { Binding } from './bubblewrap-args.ts';

/**
 * The user of the host that sandboxes run as where Replique runs as root. Never uid 0: a sandbox whose user is the
 * host's root can write /proc/sys. The number lies in 65520–65533, which neither systemd nor a distribution gives
 * to anyone, and within the 65536 that a container usually has.
 */
export const sandboxUid = 65528;

/** Where idmap.py mounts what the sandbox's user must reach. */
const stage = '/tmp';

/** Whether this process must give up root for its sandboxes. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Paths under which idmap.py shows the workspace and the directories. */
export function staged(bindings: readonly Binding[]): { workspace: string; readOnly: readonly Binding[] } {
  return {
    workspace: `${stage}/workspace`,
    readOnly: bindings.map(({ target }, index) => ({ source: `${stage}/${index}`, target })),
  };
}

/**
 * Puts idmap.py before bubblewrap: the workspace and the directories are mounted for `sandboxUid`, then root is given up.
 * @param python runs as root; the caller makes sure that no helper can have changed it
 */
export function asUnprivilegedUser(
  python: string,
  workspaceFd: number,
  bindings: readonly Binding[],
  command: readonly string[],
): readonly string[] {
  const script = fileURLToPath(new URL('./idmap.py', import.meta.url));
  const sources = bindings.map(({ source }) => source);
  const numbers = [sandboxUid, workspaceFd, sources.length].map(String);
  return [python, '-I', '-S', '-B', script, ...numbers, ...sources, ...command];
}
