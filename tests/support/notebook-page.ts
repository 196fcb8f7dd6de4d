import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { CellOutputs, outputMessage } from '../../server/outputs.ts';
import { ChannelClient, type ChannelMessage } from './channel-client.ts';
import type { RepliqueServer } from './replique-server.ts';

export interface PageCell {
  cell_type: 'code';
  id: string;
  source: string;
  metadata: Record<string, unknown>;
  execution_count: number | null;
  outputs: unknown[];
}

interface Notebook {
  cells: PageCell[];
  metadata: object;
  nbformat: 4;
  nbformat_minor: number;
}

interface Model {
  readonly content: Notebook;
  readonly hash: string;
  readonly last_modified: string;
}

export const codeCell = (id: string, source: string): PageCell => ({
  ...{ cell_type: 'code', id, source, metadata: {}, execution_count: null, outputs: [] },
});

export const notebookWith = (...cells: PageCell[]): Notebook => ({
  ...{ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 },
});

/** A person would be asked whether the file that changed is to be overwritten. */
export class FileChanged extends Error {}

/**
 * A page as JupyterLab is one, without a browser: it opens a notebook, runs cells over a kernel's WebSocket, shows what answers
 * its own requests, and saves as JupyterLab does, with the questions of `docregistry/context.ts` in between.
 */
export class NotebookPage {
  #server: RepliqueServer;
  readonly #path: string;
  readonly session = randomUUID();
  /** Of Jupyter. */
  jupyterSession = '';
  kernel = '';
  notebook: Notebook = notebookWith();
  #hash = '';
  #client: ChannelClient | undefined;
  #taken = 0;
  readonly #running = new Map<string, { cell: PageCell; shown: CellOutputs }>();

  private constructor(server: RepliqueServer, path: string) {
    this.#server = server;
    this.#path = path;
  }

  static async open(server: RepliqueServer, path: string, kernel = 'python3'): Promise<NotebookPage> {
    const page = new NotebookPage(server, path);
    await page.reload();
    const body = { path, type: 'notebook', name: path, kernel: { name: kernel } };
    const answer = await server.send('POST', 'api/sessions', body);
    const session = (await answer.json()) as { id: string; kernel: { id: string } };
    page.jupyterSession = session.id;
    page.kernel = session.kernel.id;
    await page.connect();
    return page;
  }

  /** Shows what the server has. */
  async reload(): Promise<void> {
    const model = await this.#server.json<Model>(`api/contents/${this.#path}?type=notebook&content=1&hash=1`);
    this.notebook = model.content;
    this.#hash = model.hash;
  }

  async connect(): Promise<void> {
    const socket = this.#server.channels(this.kernel, this.session, ['v1.kernel.websocket.jupyter.org']);
    this.#client = await new ChannelClient(socket, this.session).open();
    this.#taken = 0;
    socket.on('message', () => this.#show());
    this.#show();
  }

  /** Another server has taken the place of its server: it connects again. */
  async moveTo(server: RepliqueServer): Promise<void> {
    await this.client.closed;
    this.#show();
    this.#server = server;
    await this.connect();
  }

  get client(): ChannelClient {
    return this.#client!;
  }

  cell(id: string): PageCell {
    return this.notebook.cells.find((cell) => cell.id === id)!;
  }

  outputs(id: string): unknown[] {
    return this.cell(id).outputs;
  }

  /** Runs a cell. @returns the id of the request */
  run(id: string, more: object = {}): string {
    const cell = this.cell(id);
    Object.assign(cell, { outputs: [], execution_count: null });
    const content = { code: cell.source, silent: false, store_history: true, allow_stdin: true, ...more };
    const request = this.client.send('execute_request', content, 'shell', {}, { cellId: id });
    this.#running.set(request, { cell, shown: new CellOutputs(new Map()) });
    return request;
  }

  /** When a run prints something. */
  async printing(request: string): Promise<void> {
    await this.client.until(
      ({ header, parent_header }) => header.msg_type === 'stream' && parent_header.msg_id === request,
    );
  }

  async finished(request: string): Promise<void> {
    await this.client.reply(request);
    await this.client.idle(request);
    this.#show();
  }

  /** @throws FileChanged */
  async save(): Promise<void> {
    const url = `api/contents/${this.#path}`;
    const now = await this.#server.json<Model>(`${url}?content=0&hash=1`);
    if (now.hash !== this.#hash) throw new FileChanged();
    await this.put();
    this.#hash = (await this.#server.json<Model>(`${url}?content=0&hash=1`)).hash;
  }

  /** Saves without asking. */
  async put(): Promise<void> {
    const body = { type: 'notebook', format: 'json', content: this.notebook };
    const answer = await this.#server.send('PUT', `api/contents/${this.#path}`, body);
    expect([200, 201]).toContain(answer.status);
    await answer.text();
  }

  /** The network is gone. */
  async lose(): Promise<void> {
    this.client.socket.terminate();
    await this.client.closed;
    await this.#away();
  }

  /** The tab is closed. */
  async close(): Promise<void> {
    this.client.socket.close(1001);
    await this.client.closed;
    await this.#away();
  }

  async #away(): Promise<void> {
    this.#show();
    const connections = () => this.#server.json<{ connections: number }>(`api/kernels/${this.kernel}`);
    await expect.poll(async () => (await connections()).connections).toBe(0);
  }

  #show(): void {
    const { received } = this.client;
    for (; this.#taken < received.length; this.#taken += 1) this.#take(received[this.#taken]!);
  }

  #take({ channel, header, parent_header, content }: ChannelMessage): void {
    const running = this.#running.get(parent_header.msg_id ?? '');
    if (running === undefined) return;
    const { cell, shown } = running;
    const message = channel === 'iopub' ? outputMessage({ header, content }) : undefined;
    if (message) {
      shown.apply(message);
      cell.outputs = structuredClone(shown.outputs);
    } else if (header.msg_type === 'execute_reply') {
      cell.execution_count = (content['execution_count'] as number | undefined) ?? null;
    }
  }
}
