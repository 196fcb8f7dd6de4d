import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDirectories } from '../files.ts';
import { repliqueError } from '../errors.ts';
import { runtimeDir } from '../paths.ts';
import { isWithin } from './mounts.ts';

/** The directory that helpers may read and write. */
export interface Workspace {
  /** Absolute, without links. */
  readonly path: string;
  /** A sentence for the reader, where it is not the kernel's working directory. */
  readonly notice?: string;
}

/** Where a person and Replique keep what helpers must not see. */
export interface PrivatePlaces {
  readonly home: string;
  readonly dataDir: string;
  readonly configDir: string;
  /** The record of what ran. */
  readonly auditDir: string;
  /** Where Jupyter keeps connection files with their keys; by default after JUPYTER_RUNTIME_DIR, as Jupyter does. */
  readonly jupyterDirs?: readonly string[];
  /** Further directories that helpers must not be able to change, such as those of the Python that runs them. */
  readonly programs?: readonly string[];
}

/** Directories and files that hold keys; a workspace is neither in one nor has one. */
const keyHolders = [
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.kube',
  '.docker',
  '.password-store',
  '.config/gcloud',
  '.config/gh',
  '.config/replique',
  '.local/share/keyrings',
  '.git-credentials',
  '.netrc',
  '.pypirc',
];

/** Names below which everything is private, wherever they are. */
const privateNames = ['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker', '.password-store'];

/**
 * Chooses the workspace: the kernel's working directory, or, where that would show helpers more than a project,
 * the folder NAME.files beside the notebook, which is made.
 * @param notebookName JPY_SESSION_NAME: the notebook's path, absolute or relative to where it is not known
 * @throws RepliqueError SANDBOX_UNAVAILABLE if neither can be used
 */
export function chooseWorkspace(
  cwd: string,
  notebookName: string | undefined,
  places: PrivatePlaces,
): Workspace {
  const directory = realpathSync(cwd);
  const reason = whyNot(directory, places);
  if (reason === undefined) return { path: directory };
  for (const candidate of candidates(directory, notebookName, places)) {
    const path = makeFolder(candidate);
    if (path === undefined || whyNot(path, places) !== undefined) continue;
    return { path, notice: `${directory} ${reason}, so helpers work in ${path} instead.` };
  }
  throw repliqueError('SANDBOX_UNAVAILABLE', {
    missing: `${directory} ${reason}, and no other folder could be made for it.`,
    remedy: 'Move the notebook into a folder of its own and start the kernel there.',
  });
}

/** Places of the sandbox itself, which nothing of the host may cover. */
const ownPlaces = ['/usr', '/etc', '/proc', '/dev', '/sys', '/workspace', '/replique', '/home/user'];

/**
 * Folders that helpers may read beside their workspace, without links.
 * @throws RepliqueError SANDBOX_UNAVAILABLE for one that can't be shown: it is not there, is private, or is a place of the sandbox
 */
export function chooseFolders(folders: readonly string[], places: PrivatePlaces): readonly string[] {
  return folders.map((folder) => {
    const path = real(folder);
    const problem = whyNotShown(path, places);
    if (problem === undefined) return path;
    throw repliqueError('SANDBOX_UNAVAILABLE', {
      missing: `the folder ${folder} ${problem}, so helpers can't be shown it.`,
      remedy: 'Correct `readOnlyFolders` in the configuration.',
    });
  });
}

/** Why helpers may not be shown a directory (a path without links), as the rest of a sentence. */
export function whyNotShown(path: string, places: PrivatePlaces): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return 'is no folder';
  const covers = [...ownPlaces, '/tmp'].some((place) => isWithin(place, path));
  const isOwn = covers || ownPlaces.some((place) => isWithin(path, place));
  if (isOwn) return 'is a place of the sandbox itself';
  // Environments that Replique made: programs and libraries, nothing of the person's.
  if (isWithin(path, join(real(places.dataDir), 'python'))) return undefined;
  return whyNot(path, places);
}

/** Why helpers may not be given a directory, as the rest of a sentence. */
function whyNot(directory: string, places: PrivatePlaces): string | undefined {
  if (directory === '/') return 'is the whole file system';
  const home = real(places.home);
  if (directory === home) return 'is your home folder';
  if (isWithin(home, directory)) return 'holds your home folder';
  if (directory.split('/').some((name) => privateNames.includes(name))) return 'is a place for keys';
  const holder = keyHolders.find((name) => existsSync(join(directory, name)));
  if (holder !== undefined) return `holds keys (${holder})`;
  if (touches(directory, places.configDir)) return 'holds Replique’s configuration';
  if (touches(directory, places.dataDir) && !isWithin(directory, workspacesIn(places))) {
    return 'holds Replique’s own data';
  }
  if (touches(directory, places.auditDir)) return 'holds the record of what ran';
  const programs = [fileURLToPath(new URL('.', import.meta.url)), ...(places.programs ?? [])];
  if (programs.some((place) => isWithin(real(place), directory))) {
    return 'holds Replique’s program or its Python, which helpers could change there';
  }
  if (touches(directory, runtimeDir())) return 'holds the sockets of Replique’s own processes';
  const jupyter = places.jupyterDirs ?? jupyterDirs(places.home);
  if (jupyter.some((place) => touches(directory, place))) return 'holds the keys of Jupyter’s connections';
  return undefined;
}

/** Beside the notebook, where that is known; then among Replique's data. */
function* candidates(
  directory: string,
  notebookName: string | undefined,
  places: PrivatePlaces,
): Generator<string> {
  const name = basename(notebookName ?? '', '.ipynb').slice(0, 100) || 'notebook';
  if (notebookName !== undefined) {
    const beside = dirname(notebookName);
    yield join(isAbsolute(beside) && existsSync(beside) ? beside : directory, `${name}.files`);
  }
  const mark = createHash('sha256')
    .update(resolve(directory, notebookName ?? ''))
    .digest('hex')
    .slice(0, 8);
  yield join(workspacesIn(places), `${name}-${mark}.files`);
}

/** Makes a folder, or takes the one that is there; `undefined` where that is not possible or it is a link. */
function makeFolder(path: string): string | undefined {
  try {
    makeDirectories(dirname(path), 0o700);
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  }
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? realpathSync(path) : undefined;
}

const workspacesIn = (places: PrivatePlaces): string => join(real(places.dataDir), 'workspaces');

/** Whether one of the two lies in the other. */
function touches(directory: string, place: string): boolean {
  const other = real(place);
  return isWithin(directory, other) || isWithin(other, directory);
}

/** Jupyter's directories with connection files, after jupyter_core.paths. */
function jupyterDirs(home: string): readonly string[] {
  const runtime = process.env['JUPYTER_RUNTIME_DIR'];
  const data = process.env['JUPYTER_DATA_DIR'] ?? join(home, '.local', 'share', 'jupyter');
  return [...(runtime === undefined ? [] : [runtime]), join(data, 'runtime')];
}

/** The path without links; where it does not exist, that of its closest ancestor that does. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}
