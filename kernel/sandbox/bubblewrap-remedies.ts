import { existsSync } from 'node:fs';
import { repliqueError, type RepliqueError } from '../errors.ts';

export const installBubblewrap =
  'Run `sudo apt-get install bubblewrap` (Debian, Ubuntu), `sudo dnf install bubblewrap` (Fedora) or your system’s equivalent.';

const allowNamespaces =
  'Allow user namespaces: `sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000` (name only those of the two that your kernel has).';

const allowInAppArmor =
  'On Ubuntu 24.04 and later, allow bubblewrap to make user namespaces: `printf "abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) {\\n  userns,\\n}\\n" | sudo tee /etc/apparmor.d/bwrap && sudo systemctl reload apparmor`';

const openContainer =
  'In a container, allow it to make namespaces, for instance `docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined` (as root also `--cap-add SYS_ADMIN`), or run Replique outside the container.';

const mountableWorkspace =
  'Keep the notebook on a filesystem that supports idmapped mounts (ext4, xfs, btrfs; tmpfs since Linux 6.3; in a container: a volume), or run Replique as an ordinary user.';

interface Pattern {
  readonly pattern: RegExp;
  readonly missing: string;
  readonly remedy: (container: boolean) => string;
}

/** What bubblewrap 0.8–0.11 and idmap.py say, and what it means. The first that matches counts. */
const patterns: readonly Pattern[] = [
  {
    pattern: /idmap: the workspace/,
    missing: 'the workspace can’t be shown to an unprivileged user',
    remedy: () => mountableWorkspace,
  },
  {
    pattern: /idmap: /,
    missing: 'root could not be given up for it',
    remedy: () => openContainer,
  },
  {
    pattern: /Unknown option|Unrecognized option/i,
    missing: 'this bubblewrap is too old (0.8.0 or newer is needed)',
    remedy: () => installBubblewrap,
  },
  {
    pattern: /setting up uid map|RTM_NEWADDR|loopback/i,
    missing: 'user namespaces are restricted',
    remedy: (container) => (container ? openContainer : allowInAppArmor),
  },
  {
    pattern: /new namespace|user namespaces|max_user_namespaces|userns/i,
    missing: 'user namespaces are not allowed',
    remedy: (container) => (container ? openContainer : allowNamespaces),
  },
  {
    pattern: /mount proc/i,
    missing: 'it can’t mount its own /proc',
    remedy: () => openContainer,
  },
  {
    pattern: /execvp/,
    missing: 'Python can’t be run inside it',
    remedy: () =>
      'Check that every user may read and run that Python, or set REPLIQUE_PYTHON to another one.',
  },
];

/** The error for a sandbox that can't be had: what is missing, as a sentence, and what mends it. */
export function unavailable(missing: string, remedy: string): RepliqueError {
  return repliqueError('SANDBOX_UNAVAILABLE', { missing, remedy });
}

/** Makes the error for a sandbox that did not start, from what was written to stderr. */
export function explainFailure(
  stderr: string,
  cause: unknown,
  container: boolean = isContainer(),
): RepliqueError {
  const said = stderr.split('\n').slice(-3).join(' ').slice(0, 500);
  const known = patterns.find(({ pattern }) => pattern.test(stderr));
  const detail = said === '' ? describe(cause) : said;
  return repliqueError(
    'SANDBOX_UNAVAILABLE',
    {
      missing: `${known?.missing ?? 'it ended before it was ready'} (${detail}).`,
      remedy: known?.remedy(container) ?? 'Run `npx replique doctor` to see what is wrong.',
    },
    { cause },
  );
}

function describe(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : '';
  return text === '' ? 'nothing was said' : text;
}

function isContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv');
}
