import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../lab/read-json.ts';

const extension = '.jupyterlab-workspace';
const longestSlug = 100;

export const workspaceSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  metadata: z.looseObject({ id: z.string().max(1000) }),
});
export type Workspace = z.infer<typeof workspaceSchema>;

/** The layouts of JupyterLab's page, one file each, where jupyterlab_server keeps them too. */
export class WorkspaceStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(): Promise<readonly Workspace[]> {
    const names = (await readdir(this.#directory).catch(() => [])).filter((name) => name.endsWith(extension));
    const read = names.toSorted().map((name) => this.#read(join(this.#directory, name)));
    return (await Promise.all(read)).filter((each) => each !== undefined);
  }

  /** A workspace that nobody has saved is empty. @param name without a slash before it */
  async load(name: string): Promise<Workspace> {
    return (await this.#read(this.#fileOf(name))) ?? { data: {}, metadata: { id: `/${name}` } };
  }

  async save(name: string, workspace: Workspace): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const file = this.#fileOf(name);
    const draft = `${file}.${process.pid}.draft`;
    await writeFile(draft, JSON.stringify(workspace), { mode: 0o600 });
    await rename(draft, file);
  }

  /** @returns whether there was one */
  async remove(name: string): Promise<boolean> {
    return rm(this.#fileOf(name)).then(
      () => true,
      () => false,
    );
  }

  /** `undefined` where there is none, or none that can be used. */
  async #read(file: string): Promise<Workspace | undefined> {
    try {
      const workspace = workspaceSchema.parse(await readJson(file));
      const { mtime, ctime } = await stat(file);
      const times = { last_modified: mtime.toISOString(), created: ctime.toISOString() };
      return { ...workspace, metadata: { ...workspace.metadata, ...times } };
    } catch {
      return undefined;
    }
  }

  /** The beginning of a name for people, and its hash, so that no two names share a file. */
  #fileOf(name: string): string {
    const plain = name.replace(/^\//, '');
    const slug = plain
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]+/g, '-')
      .slice(0, longestSlug);
    const sign = createHash('sha256').update(plain).digest('hex').slice(0, 4);
    return join(this.#directory, `${slug}-${sign}${extension}`);
  }
}
