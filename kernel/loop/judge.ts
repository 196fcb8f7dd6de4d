import { namesFile, unfounded } from './grounds.ts';
import type { TurnTrace } from './stop/contract.ts';
import type { TurnOutcome } from './turn.ts';

/** What a turn answers. */
export interface Asked {
  readonly prompt: string;
  /** Something went with the prompt that it is about: an answer to be checked, without a helper, too. */
  readonly hasGiven: boolean;
  /** All that the model was given: prompts, results, notes. */
  readonly given: () => string;
}

const runnable = new Set(['python', 'py', 'python3', 'ipython', 'bash', 'sh', 'shell']);
/** How often in a cell a model is asked to mend what failed. */
const maxRequests = 2;
const announces =
  /\b(?:let me|let['’]s|let us|I['’]ll|I will|I am going to|I['’]m going to|we (?:can|will|need)|run|execute)\b/i;

/**
 * What a turn that ended by itself is. `invented`: a line begins with a <result> that the model wrote itself, which is
 * no result and no answer. `gave-up`: words instead of a corrected block, right after a helper that failed. `wrapped`: a
 * helper block in a fence, which nobody asked to see. `fence`: it announces code and shows it in a fence, which runs
 * nothing, and no helper ran in this cell yet. See
 * docs/decisions/helper-blocks.md.
 */
export function judge(
  outcome: TurnOutcome,
  before: readonly TurnTrace[],
  { prompt, hasGiven, given }: Asked,
): TurnTrace['kind'] {
  const { verdict, text } = outcome;
  if (outcome.stop === 'filtered' && verdict.kind !== 'helper') return 'refused';
  if (verdict.kind !== 'plain') return verdict.kind;
  if (text.trim() === '') return 'empty';
  const words = outsideFences(text);
  if (/^[ \t]*<\/?result[ >]/m.test(words)) return 'invented';
  if (gaveUp(before)) return 'gave-up';
  const untried = before.every(({ kind }) => kind !== 'helper' && kind !== 'fence' && kind !== 'wrapped');
  if (wrapsBlock(text) && before.at(-1)?.kind !== 'wrapped' && !/helper/i.test(prompt)) return 'wrapped';
  const shows = verdict.fences.some((lang) => runnable.has(lang));
  if (untried && shows && announces.test(words)) return 'fence';
  if (before.some(({ kind }) => kind === 'unfounded' || kind === 'unlooked')) return 'final';
  const ran = before.some(({ kind }) => kind === 'helper');
  if (!ran && namesFile(prompt, given())) return 'unlooked';
  if (!ran && !hasGiven) return 'final';
  return unfounded(words, given()).length > 0 ? 'unfounded' : 'final';
}

function outsideFences(text: string): string {
  return text.replace(/^[ \t]*(```|~~~)[^]*?(?:^[ \t]*\1|$(?![^]))/gm, '');
}

/** A fence begins with a helper block: small models wrap one that they mean to run. */
const wrapsBlock = (text: string): boolean => /^[ \t]*(?:```|~~~)[^\n]*\n\s*<helpers[ >]/m.test(text);

/** Small models explain an error instead of mending it. Those that then say why they can't are believed. */
function gaveUp(before: readonly TurnTrace[]): boolean {
  const last = before.at(-1);
  const hasFailed = last?.kind === 'helper' && !last.forModel?.startsWith('<result status="ok"');
  return hasFailed && before.filter(({ kind }) => kind === 'gave-up').length < maxRequests;
}
