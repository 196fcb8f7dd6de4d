import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import { runCommand } from './run-command.ts';

/** A Python that environments can be made from. */
export interface BasePython {
  /** The interpreter itself, not a version manager's shim. */
  readonly executable: string;
  readonly version: string;
  /** May other users read it, and so the sandbox's? */
  readonly readable: boolean;
}

const names = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

/** In these directories the system's own Python lies, which every user can read. */
const systemDirectories = ['/usr/bin', '/usr/local/bin'];

const question =
  'import json, os, sys; print(json.dumps([os.path.realpath(getattr(sys, "_base_executable", sys.executable)), list(sys.version_info[:3])]))';

const answer = z.tuple([z.string().startsWith('/'), z.tuple([z.int(), z.int(), z.int()])]);

/** How long a Python may take to say its version. */
const ANSWER_MS = 30_000;

/**
 * Finds a Python of version 3.10 to 3.13 (newer ones if there is none), rather one that every user may read.
 * @param wanted a path or name to use instead of looking
 * @throws RepliqueError PYTHON_MISSING
 */
export async function findPython(wanted?: string, path = process.env['PATH'] ?? ''): Promise<BasePython> {
  if (wanted !== undefined) return askOne(wanted);
  const system = systemDirectories.flatMap((directory) => names.map((name) => `${directory}/${name}`));
  let unreadable: BasePython | undefined;
  for (const candidate of [...names, ...system]) {
    const found = await ask(candidate, path);
    if (!found || !isSupported(found.version)) continue;
    if (found.readable) return found;
    unreadable ??= found;
  }
  if (unreadable) return unreadable;
  throw repliqueError('PYTHON_MISSING', { problem: 'there is no Python 3.10 or newer on the PATH.' });
}

/**
 * Makes sure that a Python that the user names can run helpers.
 * @throws RepliqueError PYTHON_MISSING, PYTHON_WITHOUT_IPYTHON
 */
export async function requireIPython(python: string): Promise<void> {
  await askOne(python);
  const look = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("IPython") is None)';
  const { status } = await runCommand(python, ['-I', '-c', look], { signal: AbortSignal.timeout(ANSWER_MS) });
  if (status !== 0) throw repliqueError('PYTHON_WITHOUT_IPYTHON', { python });
}

async function askOne(wanted: string): Promise<BasePython> {
  const found = await ask(wanted, process.env['PATH'] ?? '');
  if (!found) throw repliqueError('PYTHON_MISSING', { problem: `${wanted} does not run.` });
  if (isSupported(found.version)) return found;
  throw repliqueError('PYTHON_MISSING', { problem: `${wanted} is Python ${found.version}.` });
}

async function ask(candidate: string, path: string): Promise<BasePython | undefined> {
  const result = await runCommand(candidate, ['-I', '-c', question], {
    env: { ...process.env, PATH: path },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (result.status !== 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(result.stdout);
  } catch {
    return undefined;
  }
  const parsed = answer.safeParse(value);
  if (!parsed.success) return undefined;
  const [executable, version] = parsed.data;
  return { executable, version: version.join('.'), readable: await readableByOthers(executable) };
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 3 && minor >= 10;
}

/** May every user read this file: itself and, for the way to it, each directory above? */
export async function readableByOthers(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  if ((mode & 0o004) === 0) return false;
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (((await stat(directory)).mode & 0o001) === 0) return false;
    if (dirname(directory) === directory) return true;
  }
}
