import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { repliqueError } from './errors.ts';

/** Where Replique keeps what it makes, after the XDG base directory specification. */

/**
 * The user's home: HOME, or, where that is no absolute path, what the system's accounts say.
 * @throws RepliqueError HOME_UNKNOWN
 */
export function homeDir(): string {
  for (const ask of [homedir, () => userInfo().homedir]) {
    try {
      const home = ask();
      if (isAbsolute(home)) return home;
    } catch {
      // The account is not in the system's list: asked below, or said.
    }
  }
  throw repliqueError('HOME_UNKNOWN', { home: process.env['HOME'] });
}

/** Bytes of a directory that leave room for the path of a socket below it, which may have 107. */
const mostSocketDirBytes = 60;

/** Where short-lived files and sockets go: TMPDIR, unless it depends on the working directory or is too long. */
export function temporaryDir(): string {
  const named = tmpdir();
  return isAbsolute(named) && Buffer.byteLength(named) <= mostSocketDirBytes ? named : '/tmp';
}

function xdg(variable: string, ...fallback: string[]): string {
  const value = process.env[variable];
  return join(value?.startsWith('/') ? value : join(homeDir(), ...fallback), 'replique');
}

/** Models, Python environments, installed runtimes: large, kept between versions. */
export const dataDir = (): string => xdg('XDG_DATA_HOME', '.local', 'share');

/** The variable that moves what lies at this path: undefined outside `dataDir()`. */
export function variableOf(path: string): string | undefined {
  try {
    const data = dataDir();
    return path === data || path.startsWith(`${data}/`) ? 'XDG_DATA_HOME' : undefined;
  } catch {
    return undefined; // no home is known: nothing is kept there
  }
}

/** Jupyter's data directory of the user, after jupyter_core's `jupyter_data_dir`. */
export function jupyterDataDir(): string {
  const named = process.env['JUPYTER_DATA_DIR'];
  if (named !== undefined && named !== '') return named;
  if (process.platform === 'darwin') return join(homeDir(), 'Library', 'Jupyter');
  const xdgData = process.env['XDG_DATA_HOME'];
  return join(
    xdgData !== undefined && xdgData !== '' ? xdgData : join(homeDir(), '.local', 'share'),
    'jupyter',
  );
}

/** Jupyter's directory of settings of the user, after jupyter_core's `jupyter_config_dir`. */
export const jupyterConfigDir = (): string =>
  process.env['JUPYTER_CONFIG_DIR'] || join(homeDir(), '.jupyter');

/** Where Jupyter's connection files lie, after jupyter_core's `jupyter_runtime_dir`. */
export const jupyterRuntimeDir = (): string =>
  process.env['JUPYTER_RUNTIME_DIR'] || join(jupyterDataDir(), 'runtime');

/** `config.json`. */
export const configDir = (): string => xdg('XDG_CONFIG_HOME', '.config');

/** Sockets of processes shared between kernels: short path, owner only. */
export function runtimeDir(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime?.startsWith('/')) return join(runtime, 'replique');
  return join(temporaryDir(), `replique-${String(process.getuid?.() ?? 0)}`);
}

/** The Python environment that Replique makes for the worker. */
export const workerEnvDir = (): string => join(dataDir(), 'python', 'worker');

/** The Python environments that locked notebooks are run with, each named after what is in it. */
export const lockedEnvsDir = (): string => join(dataDir(), 'python', 'locked');

/** File in an environment that is written last: without it, it is only half made. */
export const envStamp = '.replique-stamp';

/** The Python environment that holds JupyterLab for `npm start`. */
export const labEnvDir = (): string => join(dataDir(), 'python', 'lab');

/** Model weights and the runtime that loads them. */
export const modelsDir = (): string => join(dataDir(), 'models');

/** The record of what ran, unless the configuration names another place. */
export const auditDir = (): string => join(dataDir(), 'audit');

/** The key that signs it: apart from it, so that a copy of the record does not take the key along. */
export const auditKeyFile = (): string => join(dataDir(), 'audit.key');

/** What all kernels of the user have used. */
export const ledgerFile = (): string => join(dataDir(), 'usage.sqlite');

/** What was said in sessions, so that a crash does not lose it. */
export const sessionsDir = (): string => join(dataDir(), 'sessions');

/** What models have answered, for who wants the same again without asking. */
export const cacheFile = (): string => join(dataDir(), 'cache.sqlite');

/** What was run, for the consoles' arrow keys: of all kernels of the user. */
export const historyFile = (): string => join(dataDir(), 'history.sqlite');

/** Hashes of the outputs in notebooks that count as trusted. */
export const trustedOutputsFile = (): string => join(dataDir(), 'trusted-outputs');

/** Where notebooks ran that were written into another folder. */
export const ranInDir = (): string => join(dataDir(), 'ran-in');

/** What cells came to that no page has saved yet. */
export const journalDir = (): string => join(dataDir(), 'journal');

/** The states of sessions that can be gone back to. */
export const timelinesDir = (): string => join(dataDir(), 'timeline');
