import type { TurnRecord } from './events.ts';
import type { TurnTrace } from './stop/contract.ts';
import { timesBefore } from './stop/repetition.ts';

/** After the same code came to the same result, or other code to the same error: at temperature 0 a model would write it once more. */
const freshTemperature = 0.7;
const openBlock = '<helpers lang="python">\n';
/** Turns in which a model meant to run code, or should have, and ran none. */
const ranNothing: ReadonlySet<TurnTrace['kind'] | undefined> = new Set([
  'malformed',
  'fence',
  'wrapped',
  'gave-up',
  'unfounded',
  'unlooked',
]);

type Changes = Pick<TurnRecord['params'], 'temperature' | 'begin'>;

/**
 * What the turns before it change in how the next one is generated: a repetition makes it a warmer one, and a reply
 * that ran nothing makes us open its block, where the provider's model can go on from there.
 */
export function nextTurn(turns: readonly TurnTrace[], temperature: number, canBegin: boolean): Changes {
  const failure = turns.at(-1)?.failure;
  const failsAgain = failure !== undefined && turns.slice(0, -1).some((turn) => turn.failure === failure);
  const repeats = failsAgain || timesBefore(turns) > 0;
  return {
    temperature: repeats ? Math.max(temperature, freshTemperature) : temperature,
    ...(canBegin && beginning(turns)),
  };
}

function beginning(turns: readonly TurnTrace[]): Pick<Changes, 'begin'> {
  const last = turns.at(-1);
  const missing = /^ModuleNotFoundError: No module named '(\w{1,40})/.exec(last?.failure ?? '')?.[1];
  if (missing !== undefined) return { begin: `${openBlock}# Without ${missing}:\n` };
  return ranNothing.has(last?.kind) ? { begin: openBlock } : {};
}
