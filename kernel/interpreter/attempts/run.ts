import { executeWithin, type OpenAttempts, type OpenedAttempts, type Seat } from '../../loop/attempts.ts';
import type { Conversation } from '../../loop/conversation.ts';
import type { CellOutcome, LoopEvent } from '../../loop/events.ts';
import { ProviderError } from '../../providers/contract.ts';
import type { Worker } from '../../sandbox/contract.ts';
import type { AttemptEnd } from '../../timeline/contract.ts';
import type { Attempts } from '../../timeline/attempts/attempts.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import { failed, failedBy, plainError } from '../code-cell.ts';
import type { CellRequest } from '../contract.ts';
import { noticesTo, runPromptCell } from '../prompt-cell.ts';
import type { SessionReferences } from '../references/session-references.ts';
import { startOf, Use } from '../use.ts';
import { Lanes } from './lanes.ts';
import { endOf, type Tried } from './end.ts';
import type { WantedAttempts } from './wanted.ts';

export type { WantedAttempts } from './wanted.ts';

interface Options {
  readonly worker: Worker;
  readonly conversation: Conversation;
  readonly timeline: Timeline;
  readonly references: SessionReferences;
  readonly openAttempts: OpenAttempts;
  readonly isPlayed: () => boolean;
}

/**
 * Runs a prompt in several branches that begin where one stands: models are asked at the same time, helpers run in turn. The
 * first that comes to an answer is gone on from. Who calls it sees to it that nothing else runs.
 */
export async function runAttempts(
  options: Options,
  request: CellRequest,
  prompt: string,
  wanted: WantedAttempts,
): Promise<CellOutcome> {
  const { timeline, worker, isPlayed } = options;
  if (!request.storeHistory) {
    const problem = 'This cell is not kept in the history, so it can’t have branches.';
    return failed(request, plainError('NoBranches', problem), false);
  }
  const start = startOf(request, 'prompt', isPlayed());
  const words = wanted.map(({ word }) => word);
  const attempts = await timeline.beginAttempts(start, words);
  if ('problem' in attempts) return failed(request, plainError('NoBranches', attempts.problem), false);
  worker.beginCell(request.executionCount, request.cell);
  let tried: readonly Tried[] = [];
  const notes: string[] = [];
  try {
    tried = await tryAll(options, request, { prompt, wanted, attempts });
  } catch (error) {
    if (request.signal.aborted) return failed(request, plainError('KeyboardInterrupt', ''), true);
    if (!(error instanceof ProviderError)) throw error;
    return failedBy(request, error);
  } finally {
    const later = { ...start, say: (text: string) => notes.push(text) };
    const ends = tried.map((each) => (each.isInterrupted ? undefined : each.end));
    const at = chosenOf(tried);
    await timeline.endAttempts(attempts, later, ends, at === -1 ? undefined : at);
  }
  const { history } = options.references;
  return endOf(request, { tried, chosen: tried[chosenOf(tried)], on: timeline.tree.on, history, notes });
}

const chosenOf = (tried: readonly Tried[]): number =>
  tried.some(({ isInterrupted }) => isInterrupted)
    ? -1
    : tried.findIndex(({ answer }) => answer !== undefined);

interface Plan {
  readonly prompt: string;
  readonly wanted: WantedAttempts;
  readonly attempts: Attempts;
}

/** @throws ProviderError where they can't be begun */
async function tryAll(options: Options, request: CellRequest, plan: Plan): Promise<readonly Tried[]> {
  const { conversation, openAttempts, references } = options;
  const { prompt, wanted, attempts } = plan;
  // A bug in one of them ends the others: none may run on when the cell is over.
  const over = new AbortController();
  const own = (): AbortSignal => AbortSignal.any([request.signal, over.signal]);
  const seats = attempts.names.map((name, at): Seat => {
    const fork = conversation.fork();
    fork.standIn(request.cell);
    return {
      ...{ name, conversation: fork, ...wanted[at] },
      within: (given, action) => attempts.within(at, given, action),
    };
  });
  const give = references.giveFor(prompt, request.executionCount);
  const opened = await openAttempts(own(), seats, {
    ...{ cell: request.executionCount, prompt, say: noticesTo(request) },
    ...(give && { give }),
  });
  try {
    const lanes = new Lanes(request.emit, headingsOf(seats, opened));
    const running = seats.map(async (seat, at) => {
      try {
        return await tryOne(options, { ...request, signal: own(), emit: lanes.emitOf(at) }, prompt, {
          seat,
          at,
          opened,
        });
      } catch (error) {
        over.abort();
        throw error;
      } finally {
        lanes.end(at);
      }
    });
    await Promise.allSettled(running);
    return await Promise.all(running);
  } finally {
    await opened.close();
  }
}

const headingsOf = (
  seats: readonly Seat[],
  { attempts, estimate }: OpenedAttempts,
): ConstructorParameters<typeof Lanes>[1] =>
  seats.map(({ name }, at) => ({
    ...{ type: 'attempt', name, what: attempts[at]?.what ?? '' },
    ...(at === 0 && estimate !== undefined && { estimate }),
  }));

async function tryOne(
  { worker, references }: Options,
  request: CellRequest,
  prompt: string,
  { seat, at, opened }: { readonly seat: Seat; readonly at: number; readonly opened: OpenedAttempts },
): Promise<Tried> {
  const used = new Use();
  let stop: Extract<LoopEvent, { type: 'stop' }> | undefined;
  const { onInput } = request;
  const watched = used.watching({
    ...request,
    emit: (event) => {
      if (event.type === 'stop') stop = event;
      request.emit(event);
    },
    ...(onInput && { onInput: (text, ...rest) => onInput(`${seat.name}: ${text}`, ...rest) }),
  });
  const found = references.giveFor(prompt, request.executionCount);
  const give: typeof found =
    found &&
    (async (room) => {
      const given = await seat.within(request.signal, () => found(room));
      if (given === undefined) throw new Error('it was interrupted');
      return given;
    });
  const loop = opened.attempts[at]?.loop;
  if (loop === undefined) throw new Error('An attempt was not opened.');
  const seated: Pick<Worker, 'execute'> = {
    execute: (run) => executeWithin(seat, run, (each) => worker.execute(each)),
  };
  const outcome = await runPromptCell(() => Promise.resolve(loop), seated, watched, prompt, give);
  used.failed = outcome.status === 'error';
  const { tokens, cost, failed: hasFailed, turns, ms } = used;
  const end: AttemptEnd = { tokens, cost, failed: hasFailed, turns, ms, talk: seat.conversation.mark() };
  return {
    ...{ name: seat.name, outcome, end, answer: stop?.answer },
    isInterrupted: outcome.status === 'error' && outcome.interrupted,
  };
}
