/** What a cell, a session or a day may use. */
export interface Limits {
  readonly tokens?: number | undefined;
  readonly dollars?: number | undefined;
  readonly seconds?: number | undefined;
}

/** What has been used, and what running calls may still use. */
export interface Used {
  readonly tokens: number;
  readonly dollars: number;
}

/** A call that is about to be made. */
export interface Request {
  readonly inputTokens: number;
  /** Most tokens that it may generate. */
  readonly maxTokens: number;
  /** US dollars for so many tokens of output; `undefined` where no price is known. */
  readonly costOf: (outputTokens: number) => number | undefined;
}

/** What keeps a call from being made. */
export type Shortage = 'tokens' | 'dollars' | 'no price';

/** An answer that would be cut shorter than this is not begun. */
const leastAnswer = 64;

/**
 * How many tokens a call may generate so that it stays within the limits even if it uses all of them; or why it may not
 * be made at all.
 */
export function allowance(limits: Limits, used: Used, request: Request): number | Shortage {
  const least = Math.min(leastAnswer, request.maxTokens);
  const tokensLeft = (limits.tokens ?? Infinity) - used.tokens - request.inputTokens;
  if (tokensLeft < least) return 'tokens';
  const output = Math.min(request.maxTokens, tokensLeft);
  if (limits.dollars === undefined) return output;
  const left = limits.dollars - used.dollars;
  const whole = request.costOf(output);
  const input = request.costOf(0);
  if (whole === undefined || input === undefined) return 'no price';
  if (whole <= left) return output;
  const affordable = Math.floor(((left - input) / (whole - input)) * output);
  return affordable < least ? 'dollars' : affordable;
}
