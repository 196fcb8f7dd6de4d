import { z } from 'zod';
import type { Header } from '../../../kernel/protocol/header.ts';
import { isTooDeep } from '../../http/json.ts';
import { isOutputType, type OutputMessage } from '../../outputs.ts';
import type { Log } from '../../http/log.ts';
import type { KernelListener } from '../kernels/listener.ts';
import type { Received } from '../kernels/sockets.ts';
import type { ChannelMessage } from '../kernels/wire/message.ts';
import { EventFeed } from './event-feed.ts';
import { messagesOf, type FoldedRun } from './fold.ts';
import { Pages } from './pages.ts';
import { RunLog } from './run-log.ts';
import type { Head, JournalRecord } from './records.ts';
import { newRun, type RunEvent, type RunState } from './run-state.ts';

/** Runs that one kernel's journal holds; of more, the oldest that has ended goes. */
const mostRuns = 5000;

const metadata = z.object({
  cellId: z.string().min(1).max(1000),
  /** The cell is a new one: it belongs at the end, whichever ran before it. */
  isLast: z.boolean().default(false),
});
const request = z.object({ code: z.string().max(2 ** 20), silent: z.boolean().default(false) });
const input = z.object({ execution_count: z.int() });
const reply = z.object({ status: z.string().max(100) });
const status = z.object({ execution_state: z.string() });

/** Closed by the page itself: without a status, or because it goes away (RFC 6455, 7.4.1). */
const closedByPage = [1000, 1001, 1005];

const tooDeep = { name: 'stderr', text: '\nAn output was left out: it is nested too deep.\n' };
const died = '\nThe kernel ended while this cell ran.\n';

interface Options {
  readonly file: string;
  readonly head: Head;
  readonly log: Log;
  readonly now: () => number;
  /** A cell is run: what it came to before counts no more. */
  readonly onRun: (cell: string) => void;
  /** Nobody is there and nothing runs. */
  readonly onRest: () => void;
}

/** Keeps what the cells of one kernel come to, as long as no page has saved it. */
export class KernelJournal implements KernelListener {
  readonly pages = new Pages();
  readonly runs = new Map<string, RunState>();
  readonly lines: RunLog;
  #feed: EventFeed | undefined;
  readonly #options: Options;
  readonly #counts = new Map<string, number>();
  #lastCell: string | null = null;
  #isGone = false;
  /** Runs that a server before has begun: the ends of some may have come while nobody listened. */
  #earlier: RunState[] = [];

  constructor(options: Options) {
    this.#options = options;
    this.lines = new RunLog(options);
  }

  /**
   * Takes over what another server has left whose kernel is gone.
   * @param said what it has still said, and no server has had
   */
  adopt(records: readonly JournalRecord[], said: Iterable<Received> = []): void {
    this.pages.suppose(this.#options.now());
    for (const run of this.lines.restore(records)) this.runs.set(run.run, stateOf(run));
    for (const message of said) this.received(message);
    this.ended();
  }

  /** Goes on where another server has left off: its kernel is this server's now, and so are the runs. */
  goOn(records: readonly JournalRecord[]): void {
    const now = this.#options.now();
    const last = records.at(-1);
    const known = last?.kind === 'pages' ? last.pages : undefined;
    for (const page of known ?? []) this.pages.expect(page);
    if (known === undefined) this.pages.suppose(now);
    for (const run of this.lines.restore(records)) {
      const { asker, cell, count } = run;
      const state = { ...stateOf(run), asker, isFull: this.lines.isFull };
      this.runs.set(run.run, state);
      if (count !== null) this.#counts.set(run.run, count);
      if (asker !== undefined && !known) this.pages.expect({ session: asker, left: now });
      if (state.endedAt === undefined) this.#earlier.push(state);
      this.#lastCell = cell;
    }
    this.#rest();
  }

  /** Writes down what the next server needs to go on. */
  leave(): void {
    if (this.runs.size === 0) return;
    const pages = this.pages.mayReturn(this.#options.now()).map(({ session, left }) => ({ session, left }));
    this.lines.add({ kind: 'pages', pages });
  }

  /** Whether the kernel will run nothing more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** What happens from the first time that somebody asks for it. */
  get feed(): EventFeed {
    return (this.#feed ??= new EventFeed());
  }

  get isRunning(): boolean {
    return [...this.runs.values()].some(({ endedAt }) => endedAt === undefined);
  }

  requested(session: string, { msg_id: run, msg_type: type }: Header, { parts }: ChannelMessage): void {
    if (type !== 'execute_request' || this.lines.paths.length === 0 || this.runs.has(run)) return;
    const about = parsed(metadata, parts[2]);
    const asked = parsed(request, parts[3]);
    if (about === undefined || asked === undefined || asked.silent) return;
    const { cellId: cell, isLast } = about;
    const at = this.#options.now();
    this.#options.onRun(cell);
    const oldest = [...this.runs.values()].find(({ endedAt }) => endedAt !== undefined);
    if (this.runs.size >= mostRuns && oldest) this.drop(oldest.run);
    this.runs.set(run, newRun(run, cell, at, session));
    const after = isLast ? null : this.#lastCell;
    this.lines.add({ kind: 'run', run, cell, source: asked.code, at, after, asker: session });
    this.#lastCell = cell;
    this.#feed?.push({ event: 'started', run, cell_id: cell, prompt: asked.code });
  }

  received({ channel, header: { msg_type: type }, parent, raw: { parts } }: Received): void {
    const run = this.runs.get(String(parent['msg_id']));
    if (run === undefined) return;
    const [, , , content] = parts;
    if (channel === 'shell' && type === 'execute_reply') {
      run.replied = parsed(reply, content)?.status ?? 'error';
      if (run.isIdle || run.replied === 'aborted') this.#end(run, run.replied);
    } else if (channel !== 'iopub') {
      return;
    } else if (isOutputType(type)) {
      if (isTooDeep(Buffer.from(content).toString('latin1'))) this.#show(run, 'stream', bytesOf(tooDeep));
      else this.#show(run, type, content);
    } else if (type === 'execute_input') {
      const count = parsed(input, content)?.execution_count;
      if (count === undefined) return;
      this.#counts.set(run.run, count);
      this.lines.add({ kind: 'count', run: run.run, count });
    } else if (type === 'status' && parsed(status, content)?.execution_state === 'idle') {
      run.isIdle = true;
      if (run.replied !== undefined) this.#end(run, run.replied);
    }
  }

  attached(session: string, isWhole: boolean): void {
    const now = this.#options.now();
    const wasHere = this.pages.attached(session, now);
    for (const run of this.runs.values()) {
      if (run.asker !== session) continue;
      if (wasHere && !isWhole && run.toldAt === undefined) run.asker = undefined;
      else if (run.endedAt !== undefined) run.toldAt ??= now;
      if (run.shownAt !== undefined) run.shownAt = now;
    }
  }

  detached(session: string, code: number): void {
    const now = this.#options.now();
    this.pages.detached(session, code, now);
    const isLast = this.pages.mayReturn(now).every((page) => page.session === session);
    if (isLast && closedByPage.includes(code)) this.#dropEmptied(session);
    this.#rest();
  }

  answered(): void {
    if (this.#earlier.length === 0) return;
    const { runs } = this.lines.folded();
    for (const state of this.#earlier.splice(0)) {
      const outputs = runs.get(state.run)?.cellOutputs.outputs ?? [];
      const hasFailed = outputs.some(({ output_type: type }) => type === 'error');
      this.#end(state, state.replied ?? (hasFailed ? 'error' : 'ok'));
    }
  }

  stopped(): void {
    this.#earlier = [];
    for (const run of this.runs.values()) {
      if (run.endedAt !== undefined) continue;
      if (!this.isFollowed(run)) this.#notice(run, died);
      this.#end(run, 'died');
    }
  }

  ended(): void {
    this.stopped();
    this.#isGone = true;
    this.#feed?.close();
    this.#rest();
  }

  /** The runs that have not ended, with what they have shown so far. */
  running(): readonly Extract<RunEvent, { event: 'running' }>[] {
    if (!this.isRunning) return [];
    const folded = this.lines.folded();
    return [...this.runs.values()].flatMap(({ run, cell, endedAt }) => {
      const found = folded.runs.get(run);
      if (endedAt !== undefined || found === undefined) return [];
      const messages = messagesOf(folded, found);
      return [{ event: 'running', run, cell_id: cell, execution_count: found.count, messages }] as const;
    });
  }

  /** Whether the page that asked is there and shows all that comes. */
  isFollowed({ asker }: RunState): boolean {
    return asker !== undefined && this.pages.isPresent(asker);
  }

  /** Drops what a cell came to. */
  supersede(cell: string): void {
    for (const before of [...this.runs.values()]) if (before.cell === cell) this.drop(before.run);
  }

  /** The page that asked has saved the cell empty: when it closes in good order, without another save, that was meant. */
  emptied(run: string): void {
    const state = this.runs.get(run);
    if (state !== undefined) state.isEmptied = true;
  }

  /** Somebody saves again: what was saved before does not count. */
  forgetEmptied(): void {
    for (const run of this.runs.values()) run.isEmptied = false;
  }

  /** It is kept elsewhere, or nobody wants it any more. */
  drop(run: string): void {
    if (!this.runs.delete(run)) return;
    this.#counts.delete(run);
    if (this.runs.size === 0) this.lines.remove();
    else this.lines.add({ kind: 'drop', run });
  }

  #dropEmptied(session: string): void {
    for (const { run, asker, isEmptied } of [...this.runs.values()]) {
      if (isEmptied && asker === session) this.drop(run);
    }
  }

  #show(run: RunState, type: OutputMessage['type'], content: Uint8Array): void {
    if (this.#feed) {
      const about = { run: run.run, cell_id: run.cell, type, content: parsed(z.unknown(), content) };
      this.#feed.push({ event: 'output', ...about });
    }
    run.shownAt = type === 'clear_output' ? undefined : (run.shownAt ?? this.#options.now());
    if (run.isFull) return;
    this.lines.addOutput(run.run, type, content);
    if (!this.lines.isFull) return;
    run.isFull = true;
    this.#notice(run, '\nWhat followed was not kept: this kernel’s outputs are too large.\n');
  }

  #notice({ run }: RunState, text: string): void {
    this.lines.addOutput(run, 'stream', bytesOf({ name: 'stderr', text }));
  }

  #end(run: RunState, how: string): void {
    if (run.endedAt !== undefined) return;
    const at = this.#options.now();
    run.endedAt = at;
    if (this.isFollowed(run)) run.toldAt = at;
    this.lines.add({ kind: 'end', run: run.run, at, status: how });
    this.lines.sync();
    const execution_count = this.#counts.get(run.run) ?? null;
    this.#feed?.push({ event: 'finished', run: run.run, cell_id: run.cell, status: how, execution_count });
    this.#rest();
  }

  #rest(): void {
    if (!this.pages.anyPresent && !this.isRunning) this.#options.onRest();
  }
}

const stateOf = ({ run, cell, at, lastAt, status: how }: FoldedRun): RunState => ({
  ...newRun(run, cell, at),
  endedAt: how === undefined ? undefined : lastAt,
});

const bytesOf = (content: object): Uint8Array => Buffer.from(JSON.stringify(content));

/** Reads a part of a message; `undefined` where it is another thing. */
function parsed<T extends z.ZodType>(schema: T, part: Uint8Array): z.infer<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString()))
      .data;
  } catch {
    return undefined;
  }
}
