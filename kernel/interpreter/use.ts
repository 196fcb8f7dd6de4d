import type { LoopEvent } from '../loop/events.ts';
import type { CellEnd, CellStart } from '../timeline/contract.ts';
import type { CellRequest } from './contract.ts';
import { noticesTo } from './prompt-cell.ts';

/** What a cell used. */
export class Use implements CellEnd {
  tokens = 0;
  cost: number | undefined;
  turns = 0;
  /** Of its prompt, in milliseconds. */
  ms: number | undefined;
  failed = true;

  /** A request whose events are looked at. */
  watching(request: CellRequest): CellRequest {
    return {
      ...request,
      emit: (event) => {
        if (event.type === 'stop') this.#stopped(event);
        request.emit(event);
      },
    };
  }

  #stopped({ summary }: Extract<LoopEvent, { type: 'stop' }>): void {
    this.tokens += summary.usage.inputTokens + summary.usage.outputTokens;
    this.cost = summary.cost;
    this.turns += summary.turns.length;
    this.ms = summary.durationMs;
  }
}

/** A cell that is about to run, as the timeline knows it. */
export function startOf(request: CellRequest, kind: CellStart['kind'], isPlayed: boolean): CellStart {
  const { executionCount, code, sent, signal, onInput } = request;
  const cell = isPlayed ? undefined : request.cell;
  return {
    ...{ kind, executionCount, cell, source: code, sent, signal },
    say: noticesTo(request),
    ...(onInput && { ask: (question: string) => onInput(question, false) }),
  };
}
