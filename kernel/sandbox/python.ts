import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { repliqueError } from '../errors.ts';
import { envStamp, homeDir, workerEnvDir } from '../paths.ts';
import type { PythonInstallation } from './contract.ts';
import { keepAnswer, knownAnswer } from './python-cache.ts';
import { isCovered, isWithin, linkChain, outermost, systemDirectories } from './mounts.ts';

const oldest = [3, 10] as const;
const timeoutMs = 30_000;

/** Asks the interpreter about itself. It imports nothing of IPython, which takes a tenth of a second. */
const question = `
import importlib.util, json, os, sys
spec = importlib.util.find_spec("IPython")
libraries = []
if os.path.exists("/proc/self/maps"):
    with open("/proc/self/maps") as maps:
        libraries = sorted({line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line})
print(json.dumps({
    "executable": sys.executable, "version": list(sys.version_info[:3]),
    "prefixes": [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix],
    "libraries": libraries, "ipython": spec.origin if spec else None,
}))`;

const path = z.string().max(4096).startsWith('/');
const answer = z.strictObject({
  executable: path,
  version: z.tuple([z.int(), z.int(), z.int()]),
  prefixes: z.array(path).max(4),
  libraries: z.array(path).max(1000),
  ipython: path.nullable(),
});
type Answer = z.infer<typeof answer>;

const run = promisify(execFile);
const found = new WeakMap<Config, Promise<PythonInstallation>>();

/**
 * The Python that runs the worker: the configured one, else that of the environment made at set-up. It is asked once
 * per configuration.
 * @throws RepliqueError PYTHON_MISSING, PYTHON_ENV_MISSING, PYTHON_WITHOUT_IPYTHON
 */
export function locatePython(config: Config): Promise<PythonInstallation> {
  const known = found.get(config);
  if (known !== undefined) return known;
  const asked = locate(config);
  found.set(config, asked);
  asked.catch(() => found.delete(config));
  return asked;
}

async function locate(config: Config): Promise<PythonInstallation> {
  const named = config.python ?? ownPython();
  const known = isAbsolute(named) ? knownAnswer({ executable: named }, answer, proofsOf) : undefined;
  const given = known ?? (await askPython(named));
  if (known === undefined && given.ipython !== null && isAbsolute(named)) {
    keepAnswer({ executable: named }, given, proofsOf(given));
  }
  if (given.ipython === null) throw repliqueError('PYTHON_WITHOUT_IPYTHON', { python: given.executable });
  return describe(given);
}

const proofsOf = ({ ipython }: Answer): string[] => (ipython === null ? [] : [ipython]);

/** That of the environment made at set-up. */
function ownPython(): string {
  const python = join(workerEnvDir(), 'bin', 'python');
  if (existsSync(join(workerEnvDir(), envStamp)) && existsSync(python)) return python;
  throw repliqueError('PYTHON_ENV_MISSING', { directory: workerEnvDir() });
}

/**
 * What the sandbox needs of a Python, with or without IPython.
 * @throws RepliqueError PYTHON_MISSING
 */
export async function inspectPython(executable: string): Promise<PythonInstallation> {
  return describe(await askPython(executable));
}

/**
 * Has an interpreter run a question of ours, outside the sandbox and apart from what the user has set.
 * @param executable a path, or a name to be found among the system's programs
 * @returns what it prints, at most 1 MiB
 * @throws Error as `execFile` does, also after half a minute
 */
export async function runQuestion(executable: string, code: string): Promise<string> {
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: homeDir() };
  const options = { env: environment, cwd: '/', timeout: timeoutMs, maxBuffer: 1024 * 1024 };
  return (await run(executable, ['-I', '-B', '-c', code], options)).stdout;
}

/** @param named a path, or a name to be found among the system's programs */
async function askPython(named: string): Promise<Answer> {
  const executable = named.includes('/') ? resolve(named) : named;
  let stdout: string;
  try {
    stdout = await runQuestion(executable, question);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { stderr?: string };
    const reason =
      failure.code === 'ENOENT'
        ? 'it does not exist'
        : failure.code === 'EACCES'
          ? 'it may not be executed'
          : (failure.stderr?.trim().split('\n').at(-1) ?? '').slice(0, 300) || 'it could not be run';
    throw missing(`${executable}: ${reason}.`, error);
  }
  const parsed = answer.safeParse(parseJson(stdout));
  if (!parsed.success) throw missing(`${executable} did not answer as a Python does.`);
  return parsed.data;
}

function describe(given: Answer): PythonInstallation {
  const version = given.version.join('.');
  const [major, minor] = given.version;
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw missing(
      `${given.executable} is Python ${version}, and ${oldest.join('.')} is the oldest that works.`,
    );
  }
  return { executable: given.executable, directories: neededDirectories(given), version };
}

function neededDirectories(given: Answer): readonly string[] {
  const directories = given.prefixes
    .map((prefix) => resolve(prefix))
    .filter((prefix) => !isCovered(prefix, systemDirectories));
  const files = [
    ...linkChain(given.executable),
    ...given.libraries,
    ...(given.ipython === null ? [] : [given.ipython]),
  ];
  for (const file of files) {
    if (!isCovered(file, [...systemDirectories, ...directories])) directories.push(dirname(file));
  }
  for (const directory of directories) refuseBroad(directory, given.executable);
  return outermost(directories);
}

/** Nobody's Python needs all of a home directory, or what lies above it. */
function refuseBroad(directory: string, executable: string): void {
  const tooBroad =
    isWithin(homeDir(), directory) || ['/', '/home', '/root', '/etc', '/var', '/tmp'].includes(directory);
  if (tooBroad || !existsSync(directory)) {
    throw missing(`${executable} needs ${directory}, which can't be shown to a sandbox.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(problem: string, cause?: unknown): Error {
  return repliqueError('PYTHON_MISSING', { problem }, { cause });
}
