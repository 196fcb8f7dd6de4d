import type { ChatMessage } from '../providers/contract.ts';
import type { HelperBlock, TurnRecord } from './events.ts';
import { sha256, turnKey } from './key.ts';
import type { Source, TurnOutcome } from './turn.ts';

/** What a turn was, for its record. */
export interface RecordedTurn {
  readonly outcome: TurnOutcome;
  /** Who answered. */
  readonly source: Source;
  readonly params: TurnRecord['params'];
  readonly messages: readonly ChatMessage[];
  /** US dollars; `undefined` where no price is known. */
  readonly cost: number | undefined;
  readonly final: boolean;
}

/** The keyed record of a turn. */
export function recordOf(turn: RecordedTurn): TurnRecord {
  const { outcome, source, params, messages, cost, final } = turn;
  return {
    version: 1,
    key: turnKey(source.model, params, messages),
    ...source,
    params,
    text: outcome.text,
    ...helperOf(outcome),
    usage: outcome.usage,
    ...(cost === undefined ? {} : { cost }),
    stop: outcome.stop,
    final,
  };
}

function helperOf({ verdict }: TurnOutcome): { helper?: HelperBlock } {
  if (verdict.kind !== 'helper') return {};
  return { helper: { ...verdict.tag, code: verdict.code, hash: sha256(verdict.code) } };
}
