import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import { ranInDir } from '../../../kernel/paths.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { writeWhole } from '../notebook/write.ts';

/** Notes that are kept; the oldest are let go of. */
const mostNotes = 2000;

const path = z.string().min(1).max(4096);
const note = z.strictObject({ version: z.literal(1), notebook: path, workspace: path });
const recorded = z.looseObject({ replique: z.looseObject({ workspace: path }) });

/** The folder in which a notebook's code works where nothing else is said. */
export const ownFolder = (notebook: string): string => dirname(resolve(notebook));

/**
 * The folder that an option names.
 * @returns its absolute path
 * @throws RepliqueError USAGE where it is none
 */
export async function namedWorkspace(named: string): Promise<string> {
  const folder = resolve(named);
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory()) return folder;
  const problem = `--workspace names ${named}, which is no folder.`;
  throw repliqueError('USAGE', {
    problem,
    remedy: 'Name the folder that the notebook’s code is to work in.',
  });
}

/**
 * Where a notebook that is written into another folder ran, from there: for `metadata.replique.workspace`, which tells
 * people; no program works where a file says.
 */
export const recordOf = (written: string, workspace: string): string =>
  (relative(ownFolder(written), workspace) || '.').replaceAll(sep, '/');

/** What the notebook says of that, if it is another folder than its own; from the working directory. */
export function recordedWorkspace({ path: file, notebook }: NotebookFile): string | undefined {
  const found = recorded.safeParse(notebook.metadata).data?.replique.workspace;
  return found === undefined || found === '.'
    ? undefined
    : relative('.', resolve(ownFolder(file), found)) || '.';
}

/** Notes here where a notebook ran that was written into another folder, so that it is verified there. */
export async function noteWorkspace(written: string, workspace: string): Promise<void> {
  const notebook = await realpath(written);
  const file = fileOf(notebook);
  if (dirname(notebook) === (await realpath(workspace))) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(ranInDir(), { recursive: true, mode: 0o700 });
  await writeWhole(file, JSON.stringify({ version: 1, notebook, workspace }));
  await removeOldest();
}

/** Where this machine has run the notebook that it wrote there: not what the file says, which may come from anywhere. */
export async function notedWorkspace(written: string): Promise<string | undefined> {
  try {
    const notebook = await realpath(written);
    const found = note.safeParse(JSON.parse(await readFile(fileOf(notebook), 'utf8'))).data;
    if (found?.notebook !== notebook || !(await stat(found.workspace)).isDirectory()) return undefined;
    return found.workspace;
  } catch {
    return undefined;
  }
}

const fileOf = (notebook: string): string =>
  join(ranInDir(), `${createHash('sha256').update(notebook).digest('hex')}.json`);

async function removeOldest(): Promise<void> {
  const names = await readdir(ranInDir());
  if (names.length <= mostNotes) return;
  const aged = await Promise.all(
    names.map(async (name) => {
      const file = join(ranInDir(), name);
      return { file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  const oldest = aged.toSorted((a, b) => a.at - b.at).slice(0, names.length - mostNotes);
  await Promise.all(oldest.map(({ file }) => rm(file, { force: true })));
}
