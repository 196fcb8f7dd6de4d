import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../kernel/config.ts';
import type { IopubMessage } from '../../kernel/output/contract.ts';
import { divergenceSchema, mime, type DivergenceData } from '../../kernel/output/schema.ts';
import { OutputCollector } from '../../kernel/tape/collect.ts';
import type { TapeMode } from '../../kernel/tape/contract.ts';
import type { TestClient } from '../unit/router/client.ts';
import { KernelUnderTest } from './kernels.ts';

/** A code cell of a notebook, as its file has it. */
export interface TapedCell {
  readonly cell_type: 'code';
  id?: string;
  source: string;
  metadata: Record<string, unknown>;
  execution_count: number | null;
  outputs: Record<string, unknown>[];
}

/** What came of one cell that was run. */
export interface Ran {
  readonly reply: Readonly<Record<string, unknown>>;
  readonly outputs: Record<string, unknown>[];
}

type Notebook = Readonly<Record<string, unknown>> & { readonly cells: readonly TapedCell[] };

/** A notebook and the workspace in which kernels in this process run it, one after another. */
export class TapeGround {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-tape-')));
  readonly workspace = join(this.top, 'workspace');
  readonly file = join(this.workspace, 'notebook.ipynb');
  readonly #script = join(this.top, 'script.json');
  readonly #config: Partial<Config>;
  readonly #running = new Set<KernelUnderTest>();

  constructor(replies: readonly object[], config: Partial<Config> = {}) {
    mkdirSync(this.workspace);
    this.#config = { resume: 'ask', mockScript: this.#script, ...config };
    this.script(replies);
  }

  /** What the model says from the next kernel on, one reply a call. */
  script(replies: readonly object[]): void {
    writeFileSync(this.#script, JSON.stringify({ replies }));
  }

  write(notebook: Notebook | string): void {
    writeFileSync(this.file, typeof notebook === 'string' ? notebook : JSON.stringify(notebook, null, 1));
  }

  /** Starts a kernel of the notebook. It ends with the ground, if not before. */
  async start(config: Partial<Config> = {}): Promise<KernelUnderTest> {
    const kernel = await KernelUnderTest.start({
      config: { ...this.#config, ...config },
      workspace: this.workspace,
      sessionsDir: join(this.top, 'sessions'),
      notebookFile: this.file,
    });
    this.#running.add(kernel);
    return kernel;
  }

  async end(kernel: KernelUnderTest): Promise<void> {
    this.#running.delete(kernel);
    await kernel.end();
  }

  /** Runs these cells in a kernel of its own and gives them back with their outputs. */
  async record(cells: readonly (Partial<TapedCell> & { readonly source: string })[]): Promise<TapedCell[]> {
    const kernel = await this.start();
    const recorded: TapedCell[] = [];
    for (const [index, cell] of cells.entries()) {
      const { outputs } = await runCell(kernel, cell.source);
      recorded.push({ metadata: {}, ...cell, cell_type: 'code', execution_count: index + 1, outputs });
    }
    await this.end(kernel);
    return recorded;
  }

  /** Runs the cells of the notebook in a kernel of its own, all of them whatever they come to. */
  async play(mode: TapeMode, cells: readonly TapedCell[], config: Partial<Config> = {}): Promise<Ran[]> {
    const kernel = await this.start({ tape: mode, tapeFile: this.file, ...config });
    const ran: Ran[] = [];
    for (const cell of cells) ran.push(await runCell(kernel, cell.source, cell.id));
    await this.end(kernel);
    return ran;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((kernel) => this.end(kernel)));
    rmSync(this.top, { recursive: true, force: true });
  }
}

/** Runs a cell as JupyterLab does, with its id where it has one, and keeps its outputs as a notebook does. */
export async function runCell(
  { client }: { readonly client: TestClient },
  source: string,
  id?: string,
): Promise<Ran> {
  const request = client.execute(source, {}, id === undefined ? {} : { cellId: id });
  const reply = await client.done(request);
  const collector = new OutputCollector();
  for (const { channel, message } of client.received) {
    if (channel !== 'iopub' || message.parent_header['msg_id'] !== request) continue;
    const type = message.header.msg_type as IopubMessage['msg_type'];
    collector.add({ msg_type: type, content: message.content });
  }
  return { reply: reply.content, outputs: JSON.parse(JSON.stringify(collector.outputs)) as Ran['outputs'] };
}

/** A notebook in format 4.5 of these cells. */
export const notebookOf = (cells: readonly TapedCell[], metadata: object = {}): Notebook => ({
  ...{ nbformat: 4, nbformat_minor: 5 },
  metadata: { kernelspec: { name: 'replique', display_name: 'Replique' }, ...metadata },
  cells,
});

/** What a cell's outputs say of divergences, each as its schema has it. */
export const divergencesIn = ({ outputs }: Ran): readonly DivergenceData[] =>
  outputs.flatMap(({ data }) => {
    const found = (data as Record<string, unknown> | undefined)?.[mime.divergence];
    return found === undefined ? [] : [divergenceSchema.parse(found)];
  });
