import type { CellEvent } from '../loop/events.ts';
import type { ExecuteOptions, ExecuteOutcome } from '../sandbox/contract.ts';
import { delegatingWorker } from '../sandbox/delegating-worker.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import { textDiff } from './compare/diff.ts';
import type { TapeMode } from './contract.ts';
import type { NotebookOutput } from './notebook.ts';
import { asSent } from './outputs.ts';
import { textOf } from './recording.ts';
import { isOurs, type Rerun } from './rerun.ts';
import type { FoundCode, TapeCell } from './tape.ts';

/** A cell that is played. */
export interface PlayedCell {
  readonly mode: TapeMode;
  readonly isRandom: boolean;
  /** The notebook's id of it. */
  readonly id: string | undefined;
  readonly emit: (event: CellEvent) => void;
}

export interface TapedWorkerOptions {
  /** What holds now. */
  readonly mode: () => TapeMode;
  /** The cell that runs; absent: what is asked is for no cell. */
  readonly cell: () => PlayedCell | undefined;
  readonly rerun: Rerun;
  readonly find: (language: string, code: string, id: string | undefined) => FoundCode;
}

/**
 * A worker in which a person's own code is replayed or verified. While a session replays, nothing starts it: not what an
 * editor or a widget asks either, unless it runs already.
 */
export function tapedWorker(worker: SessionWorker, options: TapedWorkerOptions): SessionWorker {
  let runs = false;
  const isAsleep = (): boolean => !runs && options.mode() === 'replay';
  const run = (code: ExecuteOptions): Promise<ExecuteOutcome> => {
    runs = true;
    return worker.execute(code);
  };
  const whenAwake = <T>(ask: () => Promise<T>, asleep: T): Promise<T> =>
    isAsleep() ? Promise.resolve(asleep) : ask();
  return delegatingWorker(worker, {
    execute: (code) => {
      const cell = options.cell();
      const isOwn = code.origin?.kind === 'cell' && code.silent !== true && code.comm === undefined;
      if (isOwn && cell?.mode === 'replay') return Promise.resolve(replayed(code, cell, options));
      if (isOwn && cell?.mode === 'verify') return verified(code, cell, options, run);
      if (cell?.mode === 'replay' || isAsleep()) return Promise.resolve({ status: 'ok', durationMs: 0 });
      return run(code);
    },
    ready: () => whenAwake(() => worker.ready(), undefined),
    variables: () => whenAwake(() => worker.variables(), []),
    look: (paths, room) => whenAwake(() => worker.look(paths, room), undefined),
    complete: (code, cursor) =>
      whenAwake(() => worker.complete(code, cursor), { matches: [], cursorStart: cursor, cursorEnd: cursor }),
    inspect: (code, cursor, detail) => whenAwake(() => worker.inspect(code, cursor, detail), undefined),
    isComplete: (code) => whenAwake(() => worker.isComplete(code), { status: 'complete' }),
    names: (path, prefix) => whenAwake(() => worker.names(path, prefix), []),
    glance: (path) => whenAwake(() => worker.glance(path), undefined),
    snapshot: () =>
      isAsleep() ? Promise.reject(new Error('Nothing runs while a tape is replayed.')) : worker.snapshot(),
  });
}

function replayed(code: ExecuteOptions, cell: PlayedCell, options: TapedWorkerOptions): ExecuteOutcome {
  const found = options.find(code.language, code.code, cell.id);
  if (found.same) return play(found.same, code, cell);
  differs(found, code, cell);
  return { status: 'ok', durationMs: 0 };
}

async function verified(
  code: ExecuteOptions,
  cell: PlayedCell,
  options: TapedWorkerOptions,
  run: (code: ExecuteOptions) => Promise<ExecuteOutcome>,
): Promise<ExecuteOutcome> {
  const found = options.find(code.language, code.code, cell.id);
  if (found.same === undefined) {
    differs(found, code, cell);
    return run(code);
  }
  const { outputs, outcome } = await options.rerun.code(code, run);
  if (outcome.status === 'interrupted') return outcome;
  const played = play(found.same, code, cell);
  const about = { now: Date.now(), isRandom: cell.isRandom };
  const { differences } = await import('./compare/outputs.ts');
  const recorded = found.same.outputs.filter((output) => !isOurs(output));
  for (const one of differences(recorded, outputs, about)) cell.emit({ type: 'divergence', ...one });
  const { userExpressions } = outcome;
  return { ...played, durationMs: outcome.durationMs, ...(userExpressions && { userExpressions }) };
}

/** Shows what is recorded of a cell of code; notices before its first output were the session's. */
function play({ outputs }: TapeCell, code: ExecuteOptions, cell: PlayedCell): ExecuteOutcome {
  let hasBegun = false;
  let error: Extract<NotebookOutput, { output_type: 'error' }> | undefined;
  for (const output of outputs) {
    if (output.output_type === 'error') error = output;
    else if (!isOurs(output)) {
      hasBegun = true;
      code.onOutput(asSent(output));
    } else if (hasBegun && output.output_type === 'display_data' && isNotice(output.metadata)) {
      cell.emit({ type: 'notice', text: textOf(output) });
    }
  }
  if (error === undefined) return { status: 'ok', durationMs: 0 };
  const { ename, evalue, traceback } = error;
  return { status: 'error', error: { ename, evalue, traceback }, durationMs: 0 };
}

const isNotice = ({ replique }: Readonly<Record<string, unknown>>): boolean =>
  (replique as { kind?: unknown } | null | undefined)?.kind === 'notice';

function differs({ edited }: FoundCode, { code }: ExecuteOptions, cell: PlayedCell): void {
  if (edited === undefined) {
    const what = 'This code is not on the tape: run it with `%tape record` first.';
    cell.emit({ type: 'divergence', kind: 'missing', what });
    return;
  }
  const what = 'The code is not the recorded one.';
  const texts = { recorded: edited.code, found: code, diff: textDiff(edited.code, code) };
  cell.emit({ type: 'divergence', kind: 'code', what, ...texts });
}
