import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IopubMessage } from '../../kernel/output/contract.ts';
import { divergenceSchema, mime, type DivergenceData } from '../../kernel/output/schema.ts';
import { OutputCollector } from '../../kernel/tape/collect.ts';
import { KernelHome, type SpawnedKernel } from './spawned-kernel.ts';

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

/** A notebook and the folders in which built kernels run it. */
export class TapeGround {
  readonly home: KernelHome;
  readonly workspace: string;
  readonly file: string;
  #kernels = 0;

  constructor(replies: readonly object[], variables: Readonly<Record<string, string>> = {}) {
    this.home = new KernelHome({ REPLIQUE_PROVIDER: 'mock', REPLIQUE_RESUME: 'ask', ...variables });
    this.workspace = join(this.home.top, 'workspace');
    this.file = join(this.workspace, 'notebook.ipynb');
    this.script(replies);
  }

  /** What the model says from the next kernel on, one reply a call. */
  script(replies: readonly object[]): void {
    writeFileSync(join(this.home.top, 'script.json'), JSON.stringify({ replies }));
  }

  write(notebook: Notebook | string): void {
    writeFileSync(this.file, typeof notebook === 'string' ? notebook : JSON.stringify(notebook, null, 1));
  }

  /** Starts a kernel of the notebook. */
  start(variables: Readonly<Record<string, string>> = {}): Promise<SpawnedKernel> {
    this.#kernels += 1;
    return this.home.start(`k${this.#kernels}`, this.file, {
      REPLIQUE_MOCK_SCRIPT: join(this.home.top, 'script.json'),
      ...variables,
    });
  }

  /** Runs these cells in a kernel of its own and gives them back with their outputs. */
  async record(cells: readonly (Partial<TapedCell> & { readonly source: string })[]): Promise<TapedCell[]> {
    const kernel = await this.start();
    const recorded: TapedCell[] = [];
    for (const [index, cell] of cells.entries()) {
      const { outputs } = await runCell(kernel, cell.source);
      recorded.push({ metadata: {}, ...cell, cell_type: 'code', execution_count: index + 1, outputs });
    }
    await kernel.kill();
    return recorded;
  }

  /** Runs the cells of the notebook in a kernel of its own, all of them whatever they come to. */
  async play(
    mode: 'replay' | 'verify' | 'record' | 'live',
    cells: readonly TapedCell[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Ran[]> {
    const kernel = await this.start({ REPLIQUE_TAPE_MODE: mode, REPLIQUE_TAPE: this.file, ...variables });
    const ran: Ran[] = [];
    for (const cell of cells) ran.push(await runCell(kernel, cell.source, cell.id));
    await kernel.kill();
    return ran;
  }

  close(): Promise<void> {
    return this.home.close();
  }
}

/** Runs a cell as JupyterLab does, with its id where it has one, and keeps its outputs as a notebook does. */
export async function runCell({ client }: SpawnedKernel, source: string, id?: string): Promise<Ran> {
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
