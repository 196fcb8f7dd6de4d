import type { Limits } from './allowance.ts';
import type { Refusal, Scope } from './meter.ts';

/** Why a text is no budget, and how one is written: in `%budget`, the configuration and the environment. */
export const explainBudgetForm = (text: string): string =>
  `${JSON.stringify(text.slice(0, 100))} is no budget. Write \`[cell|session|day] LIMIT …\`, where a limit is \`$0.50\`, ` +
  '`20000 tokens`, `90s` (not of a day) or `off`; several with `;` between them.';

export type Budgets = Readonly<Record<Scope, Limits>>;

export const noBudgets: Budgets = { cell: {}, session: {}, day: {} };

const scopes: readonly Scope[] = ['cell', 'session', 'day'];
const isScope = (word: string): word is Scope => (scopes as readonly string[]).includes(word);
const longest = 500;

/**
 * Reads budgets, on top of those that are set: `session $0.50; cell 20000 tokens 90s`. Without a scope it is the session.
 * @returns `undefined` for what is no budget
 */
export function parseBudgets(text: string, set: Budgets = noBudgets): Budgets | undefined {
  if (text.length > longest) return undefined;
  const budgets = { ...set };
  for (const part of text.split(';').filter((each) => each.trim() !== '')) {
    const words = part.trim().toLowerCase().split(/\s+/);
    const scope = words[0] !== undefined && isScope(words[0]) ? words[0] : 'session';
    const rest = words.slice(words[0] === scope ? 1 : 0).join(' ');
    const limits = parseLimits(rest, budgets[scope]);
    if (limits === undefined || (scope === 'day' && limits.seconds !== undefined)) return undefined;
    budgets[scope] = limits;
  }
  return budgets;
}

function parseLimits(text: string, set: Limits): Limits | undefined {
  if (text === 'off') return {};
  const limit = /(?:\$ ?(\d+(?:\.\d+)?)|(\d+) ?(tokens?)|(\d+(?:\.\d+)?) ?(s|seconds?))(?: |$)/y;
  let limits = set;
  while (limit.lastIndex < text.length) {
    const [found, dollars, tokens, , seconds] = limit.exec(text) ?? [];
    if (found === undefined) return undefined;
    if (dollars !== undefined) limits = { ...limits, dollars: Number(dollars) };
    if (tokens !== undefined) limits = { ...limits, tokens: Number(tokens) };
    if (seconds !== undefined) limits = { ...limits, seconds: Number(seconds) };
  }
  return text === '' ? undefined : limits;
}

/** `$0.50, 20,000 tokens`; `none` where there is no limit. */
export function showLimits({ dollars, tokens, seconds }: Limits): string {
  const parts = [
    ...(dollars === undefined ? [] : [showDollars(dollars)]),
    ...(tokens === undefined ? [] : [`${tokens.toLocaleString('en')} tokens`]),
    ...(seconds === undefined ? [] : [`${seconds} s`]),
  ];
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** With as many digits as small amounts need. */
export function showDollars(dollars: number): string {
  if (dollars === 0) return '$0';
  return dollars >= 0.1 ? `$${dollars.toFixed(2)}` : `$${dollars.toPrecision(2)}`;
}

/** Why a call was not made, in a sentence, and what allows it. */
export function explainRefusal({ scope, shortage, limits }: Refusal): {
  readonly sentence: string;
  readonly remedy: string;
} {
  const whose = scope === 'day' ? 'of today' : `of this ${scope}`;
  if (shortage === 'no price') {
    return {
      sentence: `The budget ${whose} is in dollars, and no price of this model is known, so it can't be kept.`,
      remedy: 'Give its price with `prices` in the configuration, or a budget in tokens: `%budget`.',
    };
  }
  if (shortage === 'no record') {
    return {
      sentence: `The budget ${whose} can't be kept, because what is used can't be recorded.`,
      remedy: 'Make room and permission for Replique’s data directory, or lift it: `%budget day off`.',
    };
  }
  return {
    sentence: `The budget ${whose} (${showLimits(limits)}) leaves no room for another answer.`,
    remedy: `\`%cost\` shows what was used; \`%budget ${scope} …\` allows more.`,
  };
}
