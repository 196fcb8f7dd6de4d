import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KilledServer } from './process.ts';

const length = 400_000;
const cellCount = 200;

/** A sign of three bytes, of which half of one would be seen. */
const signOf = (version: number): string => String.fromCharCode(0x4e00 + (version % 0x5000));
const textOf = (version: number): string => signOf(version).repeat(length);

/** A notebook in which each cell tells of the same version. */
const notebookOf = (version: number): object => ({
  ...{ metadata: { version: signOf(version) }, nbformat: 4, nbformat_minor: 5 },
  cells: Array.from({ length: cellCount }, (_each, index) => ({
    ...{ cell_type: 'markdown', id: `cell-${index}`, metadata: {}, source: signOf(version).repeat(400) },
  })),
});

/** The sign that all of a file consists of; `undefined`: it is not whole. */
function signIn(file: string): string | undefined {
  const text = readFileSync(file, 'utf8');
  if (!file.endsWith('.ipynb'))
    return text === text.slice(0, 1).repeat(length) ? text.slice(0, 1) : undefined;
  try {
    const { metadata, cells } = JSON.parse(text) as {
      readonly metadata: { readonly version: string };
      readonly cells: readonly { readonly source: readonly string[] }[];
    };
    const isWhole =
      cells.length === cellCount &&
      cells.every(({ source }) => source.join('') === metadata.version.repeat(400));
    return isWhole ? metadata.version : undefined;
  } catch {
    return undefined;
  }
}

/** What a client does with one file, again and again, and what must be in it after a kill. */
export class Lane {
  readonly #name: string;
  readonly #act: (lane: Lane, server: KilledServer, version: number) => Promise<void>;
  /** Other names that the file may have. */
  readonly #names: readonly string[];
  /** What was acknowledged, and what was asked for since then. */
  #may: readonly (string | undefined)[] = [undefined];
  #version = 0;

  constructor(
    name: string,
    act: (lane: Lane, server: KilledServer, version: number) => Promise<void>,
    names: readonly string[] = [name],
  ) {
    this.#name = name;
    this.#act = act;
    this.#names = names;
  }

  /** Goes on until the server is gone. */
  async run(server: KilledServer, isOver: () => boolean): Promise<string | undefined> {
    while (!isOver()) {
      this.#version += 1;
      try {
        await this.#act(this, server, this.#version);
      } catch (error) {
        return isOver() ? undefined : String(error);
      }
    }
    return undefined;
  }

  /** Changes the file to this version. */
  async change(version: number, by: () => Promise<void>): Promise<void> {
    this.#may = [...this.#may, signOf(version)];
    await by();
    this.#may = [signOf(version)];
  }

  /** What is wrong with the file; from now on what it holds is what it must hold. */
  check(workspace: string): string[] {
    const there = this.#names.map((name) => join(workspace, name)).filter((file) => existsSync(file));
    const signs = there.map(signIn);
    if (there.some((_file, index) => signs[index] === undefined)) return [`${this.#name} is not whole`];
    const found = there.length === 0 ? [undefined] : signs;
    const wrong = found.filter((sign) => !this.#may.includes(sign));
    if (wrong.length > 0) return [`${this.#name} holds another version than those that it may`];
    this.#may = [found[0]];
    return [];
  }
}

const put = (server: KilledServer, name: string, body: object): Promise<void> =>
  server.ask('PUT', `api/contents/${name}`, body);
const text = (more: object): object => ({ type: 'file', format: 'text', ...more });
const save = (lane: Lane, server: KilledServer, name: string, version: number): Promise<void> =>
  lane.change(version, () => put(server, name, text({ content: textOf(version) })));

/** Saves, uploads in pieces, renames, checkpoints, and a stream, each of its own file. */
export const newLanes = (): readonly Lane[] => [
  new Lane('n.ipynb', async (lane, server, version) => {
    await lane.change(version, () =>
      put(server, 'n.ipynb', { type: 'notebook', content: notebookOf(version) }),
    );
  }),
  new Lane('saved.txt', async (lane, server, version) => {
    await save(lane, server, 'saved.txt', version);
    await server.ask('GET', 'files/saved.txt');
  }),
  new Lane('uploaded.bin', async (lane, server, version) => {
    await lane.change(version, async () => {
      const half = textOf(version).slice(length / 2);
      await put(server, 'uploaded.bin', text({ content: half, chunk: 1 }));
      await put(server, 'uploaded.bin', text({ content: half, chunk: -1 }));
    });
  }),
  new Lane(
    'renamed.txt',
    async (lane, server, version) => {
      const [from, to] = ['renamed.txt', 'renamed-too.txt'];
      await server.ask('PATCH', `api/contents/${to}`, { path: from }).catch((error: unknown) => {
        if (!/: (?:404|409) /.test(String(error))) throw error;
      });
      await save(lane, server, from, version);
      await server.ask('DELETE', `api/contents/${to}`).catch((error: unknown) => {
        if (!String(error).includes(': 404 ')) throw error;
      });
      await server.ask('PATCH', `api/contents/${from}`, { path: to });
    },
    ['renamed.txt', 'renamed-too.txt'],
  ),
  new Lane('restored.txt', async (lane, server, version) => {
    const path = 'api/contents/restored.txt/checkpoints';
    await save(lane, server, 'restored.txt', 2 * version);
    await server.ask('POST', path);
    await save(lane, server, 'restored.txt', 2 * version + 1);
    await lane.change(2 * version, () => server.ask('POST', `${path}/checkpoint`));
  }),
];

/** What is wrong with the checkpoints, each of which is whole. */
export function brokenCheckpoints(workspace: string): string[] {
  return ['restored-checkpoint.txt', 'n-checkpoint.ipynb']
    .map((name) => join(workspace, '.ipynb_checkpoints', name))
    .filter((file) => existsSync(file) && signIn(file) === undefined)
    .map((file) => `${file} is not whole`);
}
