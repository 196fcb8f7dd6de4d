import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { makeMessage, type Header, type Message } from '../../kernel/protocol/header.ts';
import { rawMessage } from '../../kernel/protocol/frames.ts';
import { CellOutputs, outputMessage, type Displays } from '../../server/outputs.ts';
import { ContentsManager } from '../../server/services/contents/manager.ts';
import { TrustedOutputs } from '../../server/services/contents/trusted-outputs.ts';
import { Journal } from '../../server/services/journal/journal.ts';
import type { KernelJournal } from '../../server/services/journal/kernel-journal.ts';
import { Clients, type Connection } from '../../server/services/kernels/clients.ts';
import { Outbox } from '../../server/services/kernels/outbox.ts';
import type { ChannelMessage } from '../../server/services/kernels/wire/message.ts';
import { codeCell, FileChanged, notebookWith, type PageCell } from './notebook-page.ts';

const path = 'n.ipynb';
const diedNotice = '\nThe kernel ended while this cell ran.\n';

/** A run as the kernel knows it: all that it has said. */
export interface TrueRun {
  readonly header: Header;
  readonly cell: string;
  readonly source: string;
  readonly shown: CellOutputs;
  count: number | null;
  hasEnded: boolean;
}

/** Contents, journal and a kernel's clients as the server has them, with a kernel that says what it is told to, and a clock. */
export class JournalWorld {
  readonly top = mkdtempSync(join(tmpdir(), 'rjw-'));
  now = Date.now();
  /** Last runs by cell. */
  readonly truth = new Map<string, TrueRun>();
  readonly queue: TrueRun[] = [];
  readonly pages = new Set<SimulatedPage>();
  contents!: ContentsManager;
  clients!: Clients;
  kernel!: KernelJournal;
  #journal!: Journal;
  #displays: Displays = new Map();
  #count = 0;
  /** Saves so far, and by whom the last was. */
  saves = 0;

  constructor(cells: readonly string[]) {
    mkdirSync(join(this.top, 'workspace'));
    const notebook = notebookWith(...cells.map((id) => codeCell(id, `source of ${id}`)));
    writeFileSync(join(this.top, 'workspace', path), JSON.stringify(notebook));
  }

  /** Starts the server, or starts it again after it was killed: then its kernel is gone. */
  async start(): Promise<this> {
    for (const run of this.queue.splice(0)) this.#die(run);
    for (const page of this.pages) page.isConnected = page.isKnown = false;
    const log = pino({ level: 'silent' });
    const directory = join(this.top, 'journal');
    this.#journal = new Journal({ directory, root: this.top, log, now: () => this.now, restMs: 1e9 });
    this.contents = new ContentsManager({
      ...{ directory: join(this.top, 'workspace'), allowHidden: false, toTrash: false },
      trust: new TrustedOutputs(join(this.top, 'trusted')),
      pending: this.#journal,
    });
    this.#journal.settleWith((each) => this.contents.settle(each));
    await this.#journal.adopt();
    const id = randomUUID();
    this.kernel = this.#journal.follow(id, true);
    this.#journal.bind(id, [path]);
    this.#count = 0;
    this.#displays = new Map();
    const spoolDirectory = (): string => this.top;
    this.clients = new Clients(
      () => new Outbox({ mostBytes: 1e9, spoolDirectory, lost: () => expectNothing() }),
    );
    return this;
  }

  request(session: string, cell: PageCell): string {
    const { header, ...message } = makeMessage(
      'execute_request',
      session,
      { code: cell.source, silent: false },
      { metadata: { cellId: cell.id } },
    );
    this.clients.asked(session, header);
    this.kernel.requested(session, header, { channel: 'shell', ...rawMessage({ header, ...message }) });
    const shown = new CellOutputs(this.#displays);
    const { id, source } = cell;
    const run: TrueRun = { header, cell: id, source, shown, count: null, hasEnded: false };
    this.truth.set(id, run);
    this.queue.push(run);
    if (this.queue.length === 1) this.#begin(run);
    return header.msg_id;
  }

  /** The kernel says something about the run that it works on. */
  say(type: string, content: object): void {
    const [run] = this.queue;
    if (run === undefined) return;
    const message = outputMessage({ header: { msg_type: type }, content });
    if (message) run.shown.apply(structuredClone(message));
    this.#tell('iopub', run, type, content);
  }

  /** The run that it works on ends, and the next one begins. */
  end(): void {
    const run = this.queue.shift();
    if (run === undefined) return;
    run.hasEnded = true;
    this.#tell('shell', run, 'execute_reply', { status: 'ok', execution_count: run.count });
    this.#tell('iopub', run, 'status', { execution_state: 'idle' });
    const [next] = this.queue;
    if (next) this.#begin(next);
  }

  remove(): void {
    rmSync(this.top, { recursive: true });
  }

  #begin(run: TrueRun): void {
    run.count = this.#count += 1;
    this.#tell('iopub', run, 'execute_input', { code: run.source, execution_count: run.count });
  }

  #die(run: TrueRun): void {
    const content = { name: 'stderr', text: diedNotice };
    run.shown.apply(outputMessage({ header: { msg_type: 'stream' }, content })!);
    run.hasEnded = true;
  }

  #tell(channel: 'iopub' | 'shell', { header: parent }: TrueRun, type: string, content: object): void {
    const message: Message = makeMessage(type, 'kernel', content, { parent });
    const received = { channel, raw: rawMessage(message), header: message.header, parent };
    this.kernel.received(received);
    this.clients.deliver(received);
  }
}

const expectNothing = (): never => {
  throw new Error('Nothing is lost here.');
};

/** A page of that world, as JupyterLab behaves. */
export class SimulatedPage implements Connection {
  readonly #world: JournalWorld;
  session = randomUUID();
  isConnected = false;
  /** Whether it has ever been connected to this server. */
  isKnown = false;
  cells: PageCell[] = [];
  metadata: object = {};
  /** How many saves there had been when it was loaded or has saved. */
  savesSeen = 0;
  #hash = '';
  readonly #running = new Map<string, { cell: PageCell; shown: CellOutputs }>();
  #displays: Displays = new Map();

  constructor(world: JournalWorld) {
    this.#world = world;
    world.pages.add(this);
  }

  async load(): Promise<void> {
    const options = { type: 'notebook', content: true, hash: true } as const;
    const { content, hash } = await this.#world.contents.get(path, options);
    const { cells, metadata } = content as { cells: PageCell[]; metadata: object };
    this.cells = cells;
    this.metadata = metadata; // a page saves what it does not know as it came
    this.#hash = String(hash);
    this.savesSeen = this.#world.saves;
    this.#running.clear();
    this.#displays = new Map();
  }

  connect(): void {
    this.isConnected = this.isKnown = true;
    const isWhole = this.#world.clients.attach(this.session, this);
    this.#world.kernel.attached(this.session, isWhole);
  }

  disconnect(code: number): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    if (this.#world.clients.detach(this.session, this)) this.#world.kernel.detached(this.session, code);
  }

  close(): void {
    this.disconnect(1001);
    this.#world.pages.delete(this);
  }

  async reload(): Promise<void> {
    this.disconnect(1001);
    this.session = randomUUID();
    await this.load();
    this.connect();
  }

  run(id: string): void {
    const cell = this.cells.find((each) => each.id === id)!;
    Object.assign(cell, { outputs: [], execution_count: null });
    const shown = new CellOutputs(this.#displays);
    this.#running.set(this.#world.request(this.session, cell), { cell, shown });
  }

  /** @throws FileChanged */
  async save(): Promise<void> {
    const { contents } = this.#world;
    const version = async () =>
      (await contents.get(path, { type: 'notebook', content: false, hash: true })).hash;
    if ((await version()) !== this.#hash) throw new FileChanged();
    const content = structuredClone({ ...notebookWith(...this.cells), metadata: this.metadata });
    await contents.save(path, { type: 'notebook', content });
    this.#hash = String(await version());
    this.savesSeen = this.#world.saves += 1;
  }

  write({ channel, parts }: ChannelMessage): boolean {
    const [header, parent, , content] = parts.map(
      (part) => JSON.parse(Buffer.from(part).toString()) as Record<string, unknown>,
    );
    const running = this.#running.get(String(parent!['msg_id']));
    if (running === undefined) return true;
    const { cell, shown } = running;
    const message =
      channel === 'iopub' ? outputMessage({ header: header as never, content: content }) : undefined;
    if (message) shown.apply(message);
    else if (channel === 'shell') cell.execution_count = content!['execution_count'] as number;
    for (const each of this.#running.values()) each.cell.outputs = structuredClone(each.shown.outputs);
    return true;
  }

  onRoom(): void {
    throw new Error('There is always room.');
  }

  replaced(): void {
    throw new Error('Nobody takes its place.');
  }

  ended(): void {
    this.isConnected = false;
  }
}
