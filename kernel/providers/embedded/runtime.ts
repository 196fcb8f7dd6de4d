import { randomUUID } from 'node:crypto';
import { access, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { ProviderError } from '../contract.ts';
import { withLock } from './lock.ts';
import type { OnSetupEvent } from './progress.ts';
import { run } from './run.ts';
import lockfile from './runtime-lock.json' with { type: 'json' };

/**
 * node-llama-cpp, which loads the weights: installed on first use beside the models, from a lockfile with integrity
 * hashes that ships with Replique, without scripts (so nothing compiles) and with the one platform package needed
 * (a plain install is 725 MB, this one 80 MB).
 */

/** Roughly what the installation takes. */
export const runtimeBytes = 80_000_000;

/** Room that there must be before it is installed: its thousands of small files take whole blocks. */
const bytesWanted = 1.5 * runtimeBytes;

interface RuntimeOptions {
  /** Replique's data directory. */
  readonly directory: string;
  readonly onEvent: OnSetupEvent;
  readonly signal: AbortSignal;
}

const packages: Readonly<Record<string, object>> = lockfile.packages;
const platforms: Readonly<Record<string, string>> = lockfile.platforms;

const runtimeDirectory = (directory: string): string =>
  join(directory, 'runtime', `node-llama-cpp-${lockfile.version}`);

/** The file to import. */
export const runtimeEntry = (directory: string): string =>
  join(runtimeDirectory(directory), 'node_modules', 'node-llama-cpp', 'dist', 'index.js');

/** Is it installed? It gets its place by one rename, so that half of it is never there. */
export const isRuntimeInstalled = (directory: string): Promise<boolean> => exists(runtimeEntry(directory));

/**
 * Installs the runtime if it is not there.
 * @throws ProviderError `setup`, or the signal's reason
 */
export async function ensureRuntime({ directory, onEvent, signal }: RuntimeOptions): Promise<void> {
  if (await isRuntimeInstalled(directory)) return;
  const target = runtimeDirectory(directory);
  const onWait = (): void =>
    onEvent({ type: 'step', text: 'Another process is installing the model runtime: waiting.' });
  await withLock(
    `${target}.lock`,
    async () => {
      if (await isRuntimeInstalled(directory)) return;
      onEvent({
        type: 'step',
        text: `Installing the model runtime (node-llama-cpp ${lockfile.version}, MIT).`,
      });
      await install(target, signal);
    },
    { signal, onWait },
  );
}

async function install(target: string, signal: AbortSignal): Promise<void> {
  const temporary = `${target}.${randomUUID()}`;
  const { manifest, lock } = installationFor(process.platform, process.arch);
  const npm = await findNpm(process.env);
  const options = [
    '--ignore-scripts',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
    '--global=false',
    '--loglevel=warn',
  ];
  try {
    makeDirectories(temporary);
    const { bavail, bsize } = await statfs(temporary);
    if (bavail * bsize < bytesWanted) throw diskFull();
    await writeFile(join(temporary, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(temporary, 'package-lock.json'), JSON.stringify(lock));
    const args = [...npm.args, 'ci', ...options, `--prefix=${temporary}`];
    const { status, tail } = await run(npm.command, args, { cwd: temporary, signal });
    // npm only warns of a file that it could not write whole, and keeps its own list of what is there for last.
    const complete = await exists(join(temporary, 'node_modules', '.package-lock.json'));
    if (status !== 0 || !complete || tail.includes('TAR_ENTRY_ERROR')) throw installFailed(tail);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * What npm is told to install on a platform.
 * @throws ProviderError `setup` if there is no prebuilt package for it
 */
export function installationFor(platform: string, arch: string): { manifest: object; lock: object } {
  const name = `${platform}-${arch}`;
  const integrity = platforms[name];
  if (integrity === undefined) {
    const sentence = `The embedded model does not run on ${name}: there is no pinned runtime for it.`;
    throw new ProviderError('setup', sentence, 'Use Ollama or another provider (REPLIQUE_PROVIDER).');
  }
  const { version } = lockfile;
  const platformPackage = `@node-llama-cpp/${name}`;
  const project = {
    name: 'replique-model-runtime',
    version: '1.0.0',
    private: true,
    dependencies: { 'node-llama-cpp': version, [platformPackage]: version },
  };
  const lock = {
    name: project.name,
    version: project.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': project, ...packages, [`node_modules/${platformPackage}`]: { version, integrity } },
  };
  return { manifest: project, lock };
}

/** The npm that started us, or the one beside Node, or the one on the path. */
async function findNpm(env: NodeJS.ProcessEnv): Promise<{ command: string; args: string[] }> {
  const running = env['npm_execpath'];
  if (running !== undefined && /npm-cli\.[cm]?js$/.test(running) && (await exists(running))) {
    return { command: process.execPath, args: [running] };
  }
  const directories = [dirname(process.execPath), ...(env['PATH'] ?? '').split(delimiter)];
  for (const directory of directories) {
    if (directory !== '' && (await exists(join(directory, 'npm')))) {
      return { command: join(directory, 'npm'), args: [] };
    }
  }
  throw new ProviderError(
    'setup',
    'The model runtime can’t be installed, because npm was not found.',
    'Install npm, which comes with Node.js, or put it on the PATH.',
  );
}

function installFailed(tail: string): ProviderError {
  if (/ENOSPC|EDQUOT/.test(tail)) return diskFull();
  const lines = tail.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  const reason = (
    lines.find((line) => /EINTEGRITY|ENOTFOUND|E\d{3}|ECONN/.test(line)) ??
    lines[0] ??
    ''
  ).slice(0, 300);
  return new ProviderError(
    'setup',
    `The model runtime could not be installed${reason && ` (${reason})`}.`,
    'Check the network and npm’s settings, and run `npx replique setup` again.',
  );
}

function diskFull(): ProviderError {
  const sentence = 'The disk is too full for the model runtime.';
  const remedy = 'Free 200 MB in the data directory, or set XDG_DATA_HOME to a larger disk, and start again.';
  return new ProviderError('setup', sentence, remedy);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
