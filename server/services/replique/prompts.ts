import { randomUUID } from 'node:crypto';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { rawMessage } from '../../../kernel/protocol/frames.ts';
import { HttpError } from '../../http/errors.ts';
import type { ContentsManager } from '../contents/manager.ts';
import type { Notebook } from '../contents/notebook/structure.ts';
import type { Told } from '../journal/event-feed.ts';
import type { Journal } from '../journal/journal.ts';
import type { KernelJournal } from '../journal/kernel-journal.ts';
import { cellOf, sourceOf } from '../journal/cells.ts';
import type { KernelManager } from '../kernels/manager.ts';
import type { SessionManager } from '../sessions/manager.ts';

interface Parts {
  readonly sessions: SessionManager;
  readonly kernels: KernelManager;
  readonly contents: ContentsManager;
  readonly journal: Journal;
}

/** What is to run: a text in a new cell at the notebook's end, or a cell of it as it is there. */
export type Prompt = { readonly prompt: string } | { readonly cell_id: string };

export interface StartedRun {
  /** Id of the request. */
  readonly run: string;
  readonly cell_id: string;
}

export interface EventsQuery {
  readonly run?: string | undefined;
  readonly after?: string | undefined;
  readonly heartbeatMs: number;
  /** Aborted when the reader has left. */
  readonly signal: AbortSignal;
}

/** Cells of one kernel that wait or run without a page. */
const mostRunning = 100;
const mostReaders = 100;

function refuseTooMany({ readers }: KernelJournal['feed']): void {
  if (readers >= mostReaders)
    throw new HttpError(503, `${mostReaders} clients are listening to this session.`);
}

async function* withWhatFollows(
  runs: ReturnType<KernelJournal['running']>,
  id: string,
  events: AsyncGenerator<Told>,
): AsyncGenerator<Told> {
  const wanted = new Set(runs.map(({ run }) => run));
  for (const event of runs) yield { id, event };
  for await (const told of events) {
    if (told === undefined || !('run' in told.event) || wanted.has(told.event.run)) yield told;
  }
}

/** Runs cells of notebooks without any page. */
export class Prompts {
  readonly #parts: Parts;
  readonly #feeds = new Set<KernelJournal>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws HttpError 404, 400, 409, 429 */
  async start(session: string, prompt: Prompt): Promise<StartedRun> {
    const { path, kernelId, journal } = this.#find(session);
    const { source, cell } = await this.#chosen(path, prompt);
    const running = [...journal.runs.values()].filter(({ endedAt }) => endedAt === undefined);
    if (running.length >= mostRunning)
      throw new HttpError(429, `${mostRunning} cells are running or waiting. Try again when one has ended.`);
    const content = { code: source, silent: false, store_history: true, user_expressions: {} };
    const message = makeMessage(
      'execute_request',
      randomUUID(),
      { ...content, allow_stdin: false, stop_on_error: true },
      { metadata: { cellId: cell, isLast: 'prompt' in prompt } },
    );
    this.#feed(journal);
    const { msg_id: run, session: sender } = message.header;
    this.#parts.kernels.get(kernelId)?.receive(sender, { channel: 'shell', ...rawMessage(message) });
    if (!journal.runs.has(run)) throw new HttpError(409, 'The kernel has just ended.');
    return { run, cell_id: cell };
  }

  /** What happens to a session's runs. @throws HttpError 404, 503 */
  events(session: string, { run, ...options }: EventsQuery): AsyncGenerator<Told> {
    const { journal } = this.#find(session);
    const feed = this.#feed(journal);
    if (run !== undefined && !journal.runs.has(run) && !feed.knows(run))
      throw new HttpError(404, `There is no run ${run}, or none any more.`);
    refuseTooMany(feed);
    const hasEnded = (): boolean => run !== undefined && journal.runs.get(run)?.endedAt !== undefined;
    return feed.read({ run, hasEnded, ...options });
  }

  /**
   * The runs of a session that have not ended, each with what it has shown so far, and then what happens to them until all have;
   * `undefined` where there is none.
   * @throws HttpError 404, 503
   */
  running(
    session: string,
    options: Pick<EventsQuery, 'heartbeatMs' | 'signal'>,
  ): AsyncGenerator<Told> | undefined {
    const { journal } = this.#find(session);
    const feed = this.#feed(journal);
    refuseTooMany(feed);
    const runs = journal.running();
    if (runs.length === 0) return undefined;
    const after = feed.newest;
    const hasEnded = (): boolean =>
      runs.every(({ run }) => (journal.runs.get(run) ?? { endedAt: 0 }).endedAt !== undefined);
    return withWhatFollows(runs, after, feed.read({ after, hasEnded, ...options }));
  }

  /** Ends what is being read. */
  close(): void {
    for (const { feed } of this.#feeds) feed.close();
  }

  #feed(journal: KernelJournal): KernelJournal['feed'] {
    for (const each of this.#feeds) if (each.isGone) this.#feeds.delete(each);
    this.#feeds.add(journal);
    return journal.feed;
  }

  /** @throws HttpError */
  #find(id: string): { path: string; kernelId: string; journal: KernelJournal } {
    const { path, type, kernel } = this.#parts.sessions.get(id);
    const journal = this.#parts.journal.of(kernel.id);
    if (journal === undefined) throw new HttpError(404, `The kernel of session ${id} has ended.`);
    if (type !== 'notebook') throw new HttpError(400, `Session ${id} has no notebook: its type is ${type}.`);
    if (journal.lines.paths.length > 1)
      throw new HttpError(409, `The kernel of ${path} has other notebooks, too. Give it one of its own.`);
    return { path, kernelId: kernel.id, journal };
  }

  /** @throws HttpError */
  async #chosen(path: string, prompt: Prompt): Promise<{ source: string; cell: string }> {
    const { contents } = this.#parts;
    if ('prompt' in prompt) {
      if (!(await contents.isFile(path)))
        throw new HttpError(404, `There is no notebook ${path}. Save it first.`);
      return { source: prompt.prompt, cell: randomUUID() };
    }
    const model = await contents.get(path, { type: 'notebook', content: true, hash: false });
    const cell = cellOf(model.content as Notebook, { cell: prompt.cell_id, source: '' });
    if (cell === undefined)
      throw new HttpError(404, `${path} has no code cell ${JSON.stringify(prompt.cell_id)}.`);
    return { source: sourceOf(cell), cell: prompt.cell_id };
  }
}
