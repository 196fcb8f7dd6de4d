import { execFile } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import { RepliqueError } from '../errors.ts';
import { makeDirectories, notWritable } from '../files.ts';
import { configDir, dataDir, homeDir, workerEnvDir } from '../paths.ts';
import { isolation } from './bubblewrap-args.ts';
import { installBubblewrap } from './bubblewrap-remedies.ts';
import { launchInBubblewrap, thisMachine, type Machine } from './bubblewrap.ts';
import type { Group } from './cgroup/group.ts';
import type { LaunchOptions, ProbeLine, PythonInstallation } from './contract.ts';
import { runsAsRoot, sandboxUid } from './idmap.ts';
import { limitsOf } from './limits.ts';
import { judgeProbe, judgeTogether, probeReport, reportIt, type ProbeReport } from './probe-report.ts';
import { probeSeatbelt } from './probe-seatbelt.ts';
import { inspectPython } from './python.ts';
import { usageBelow, type Usage } from './watchdog/usage.ts';

const run = promisify(execFile);
const answerTimeoutMs = 30_000;
const largestAnswer = 64 * 1024;

/**
 * The sandbox's part of the system check: a real sandbox is started, what must not work is tried inside it, and what
 * holds is read back. Never throws for what it finds.
 */
export async function probeSandbox(
  config: Config,
  machine: Machine = thisMachine(),
): Promise<readonly ProbeLine[]> {
  if (config.sandbox === 'none') return [turnedOff];
  if (process.platform === 'darwin') return probeSeatbelt(await somePython(config), limitsOf(config));
  const { bubblewrap } = machine;
  if (bubblewrap === undefined) {
    return [{ name: 'bubblewrap', ok: false, detail: 'not installed', remedy: installBubblewrap }];
  }
  const first = await describeBubblewrap(bubblewrap);
  try {
    return [...first, ...(await probeRunning(config, machine))];
  } catch (error) {
    const refused = await refusedNamespaces(bubblewrap);
    return [...first, ...refused, failed(error)];
  }
}

const turnedOff: ProbeLine = {
  name: 'isolation',
  ok: true,
  detail: 'OFF. REPLIQUE_SANDBOX=none: helper code runs unprotected, with everything that your user may do',
  remedy: 'Unset REPLIQUE_SANDBOX.',
};

async function describeBubblewrap(path: string): Promise<readonly ProbeLine[]> {
  try {
    const version = (await run(path, ['--version'])).stdout.trim();
    const help = (await run(path, ['--help'])).stdout;
    const used = [...isolation, '--bind-fd', '--ro-bind-data', '--perms', '--size', '--seccomp'];
    const unknown = used.filter((option) => option.startsWith('--') && !help.includes(option));
    const options: ProbeLine =
      unknown.length === 0
        ? { name: 'options', ok: true, detail: 'bubblewrap knows every option that is used' }
        : {
            name: 'options',
            ok: false,
            detail: `${version} lacks ${unknown.join(', ')}`,
            remedy: installBubblewrap,
          };
    return [{ name: 'bubblewrap', ok: true, detail: `${version}, ${path}` }, options];
  } catch (error) {
    const detail = `${path} can’t be run: ${error instanceof Error ? error.message : String(error)}`;
    return [{ name: 'bubblewrap', ok: false, detail, remedy: installBubblewrap }];
  }
}

/** Tries the namespaces one by one, as the user that sandboxes run as, to say which one this machine refuses. */
async function refusedNamespaces(bubblewrap: string): Promise<readonly ProbeLine[]> {
  const user = runsAsRoot() ? { uid: sandboxUid, gid: sandboxUid } : {};
  const lines: ProbeLine[] = [];
  for (const option of isolation.filter((each) => each.startsWith('--unshare-'))) {
    const args = ['--unshare-user', option, '--ro-bind', '/', '/', '--', '/bin/true'];
    try {
      await run(bubblewrap, args, { ...user, env: {}, cwd: '/', timeout: answerTimeoutMs });
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim() ?? '';
      lines.push({ name: option.replace('--unshare-', 'namespace '), ok: false, detail: `refused: ${said}` });
    }
  }
  return lines;
}

async function probeRunning(config: Config, machine: Machine): Promise<readonly ProbeLine[]> {
  const python = await somePython(config);
  const limits = limitsOf(config);
  makeDirectories(dataDir());
  const workspace = makeWorkspace();
  try {
    writeFileSync(join(workspace, 'probe.json'), JSON.stringify({ private: privatePaths(python) }));
    const { report, usage, group } = await askSandbox({ python, workspace, limits }, machine);
    return [...judgeProbe(report, workspace, limits), judgeTogether(usage, limits, group)];
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** @throws RepliqueError NOT_WRITABLE */
function makeWorkspace(): string {
  try {
    return mkdtempSync(join(realpathSync(dataDir()), 'probe-'));
  } catch (error) {
    throw notWritable(dataDir(), error as Error);
  }
}

/** The probe needs no IPython: any Python will do where the worker's own is not there yet. */
async function somePython(config: Config): Promise<PythonInstallation> {
  try {
    return await inspectPython(config.python ?? join(workerEnvDir(), 'bin', 'python'));
  } catch {
    return await inspectPython('python3');
  }
}

/** Places of the host that must not be there inside. Parents of Python's own directories are, empty. */
function privatePaths(python: PythonInstallation): readonly string[] {
  const places = [homeDir(), configDir(), '/etc/shadow', '/etc/hosts', '/var/log', '/run', '/sys/kernel'];
  return places.filter((place) => !python.directories.some((directory) => directory.startsWith(`${place}/`)));
}

async function askSandbox(
  given: Pick<LaunchOptions, 'python' | 'workspace' | 'limits'>,
  machine: Machine,
): Promise<{ readonly report: ProbeReport; readonly usage: Usage; readonly group: Group | undefined }> {
  const workerFiles = fileURLToPath(new URL('./worker', import.meta.url));
  const options = { ...given, workerFiles, entry: 'probe.py', channels: 1 };
  const launched = await launchInBubblewrap(options, machine);
  const timer = setTimeout(() => launched.kill(), answerTimeoutMs);
  try {
    const usage = usageBelow(launched.hostPid ?? 0);
    const group = machine.cgroups.groupOf(launched.hostPid ?? 0);
    let text = '';
    for await (const chunk of launched.channels[0] ?? []) {
      text += (chunk as Buffer).toString('utf8');
      if (text.length > largestAnswer) break;
    }
    const parsed = probeReport.safeParse(text === '' ? undefined : JSON.parse(text));
    if (parsed.success) return { report: parsed.data, usage, group };
    throw new Error(`the probe gave no answer. ${launched.stderrTail()}`);
  } finally {
    clearTimeout(timer);
    launched.kill();
    await launched.exited;
  }
}

function failed(error: unknown): ProbeLine {
  const detail = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof RepliqueError ? error.remedy : reportIt;
  return { name: 'start', ok: false, detail, remedy };
}
