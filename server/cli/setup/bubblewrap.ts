import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import type { ProgressSink } from './progress-sink.ts';
import { runCommand } from './run-command.ts';

const installCommand = 'apt-get update && apt-get install -y bubblewrap';

/** How this machine's package manager is called, by the ids of os-release. */
const others: readonly (readonly [RegExp, string])[] = [
  [/\b(fedora|rhel|centos)\b/, 'sudo dnf install -y bubblewrap'],
  [/\barch\b/, 'sudo pacman -S --noconfirm bubblewrap'],
  [/\bsuse\b/, 'sudo zypper install -y bubblewrap'],
  [/\balpine\b/, 'sudo apk add bubblewrap'],
];

/** What the step asks of the machine. */
export interface Machine {
  readonly path: string;
  /** Where it is looked for besides. */
  readonly directories: readonly string[];
  readonly uid: number;
  /** Text of /etc/os-release. */
  readonly osRelease: string;
  readonly run: typeof runCommand;
}

async function thisMachine(): Promise<Machine> {
  return {
    path: process.env['PATH'] ?? '',
    directories: ['/usr/bin', '/usr/local/bin'],
    uid: process.getuid?.() ?? 1,
    osRelease: await readFile('/etc/os-release', 'utf8').catch(() => ''),
    run: runCommand,
  };
}

/**
 * Makes sure of bubblewrap: installs it where that needs no password (Debian and Ubuntu), else says how.
 * @throws RepliqueError BUBBLEWRAP_MISSING with the one command that installs it
 */
export async function ensureBubblewrap(sink: ProgressSink, machine?: Machine): Promise<void> {
  const { path, directories, uid, osRelease, run } = machine ?? (await thisMachine());
  if (await isInstalled([...path.split(delimiter), ...directories])) return;
  const ids = osRelease
    .split('\n')
    .filter((line) => /^ID(_LIKE)?=/.test(line))
    .join(' ');
  const usesApt = /\b(debian|ubuntu)\b/.test(ids);
  const manual = usesApt
    ? `sudo sh -c '${installCommand}'`
    : (others.find(([pattern]) => pattern.test(ids))?.[1] ?? 'your package manager to install bubblewrap');
  const missing = () => repliqueError('BUBBLEWRAP_MISSING', { command: manual });
  if (!usesApt) throw missing();
  const [command, args] = uid === 0 ? ['sh', []] : ['sudo', ['-n', 'sh']];
  if (uid !== 0 && (await run('sudo', ['-n', 'true'])).status !== 0) throw missing();
  sink.step('Installing bubblewrap, which keeps helper code in a sandbox …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run(command, [...args, '-c', installCommand], {
    env,
    onLine: (line) => /^(Get|Unpacking|Setting up)/.test(line) && sink.step(`  ${line}`),
  });
  if (!(await isInstalled([...path.split(delimiter), ...directories]))) throw missing();
}

async function isInstalled(directories: readonly string[]): Promise<boolean> {
  const found = directories.map((directory) => access(join(directory, 'bwrap'), constants.X_OK));
  return Promise.any(found).then(
    () => true,
    () => false,
  );
}
