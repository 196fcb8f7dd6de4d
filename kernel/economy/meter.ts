import type { Usage } from '../providers/contract.ts';
import { allowance, type Limits, type Request, type Shortage } from './allowance.ts';
import type { CallOrigin, Ledger, Total } from './ledger.ts';
import type { Priced, Prices } from './prices.ts';
import { sumUsage } from './usage.ts';

export type Scope = 'cell' | 'session' | 'day';

export interface MeterOptions {
  /** Absent: set when the provider is chosen; until then no price is known. */
  readonly prices?: Prices;
  /** Calls of the user's other kernels count for the day; without it there is no budget of the day. */
  readonly ledger?: Ledger | undefined;
  readonly limits: Readonly<Record<Scope, Limits>>;
  readonly session: string;
  readonly notebook?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Why a call may not be made. */
export interface Refusal {
  readonly scope: Scope;
  readonly shortage: Shortage | 'seconds' | 'no record';
  readonly limits: Limits;
}

/** A call that is thought of, with the most tokens that it may write. */
export interface PlannedCall {
  readonly model: Priced;
  readonly inputTokens: number;
  readonly maxTokens: number;
}

/** A call that may be made. */
export interface Reservation {
  /** Most tokens that it may generate. */
  readonly maxTokens: number;
  /** What it has used in the end; only the first word counts. */
  settle(usage: Usage): void;
}

/** One call that is over. */
interface Spent {
  readonly cell: number | undefined;
  readonly model: Priced;
  readonly usage: Usage;
  /** US dollars; absent where no price is known. */
  readonly dollars: number | undefined;
}

interface Open {
  readonly cell: number | undefined;
  readonly tokens: number;
  readonly dollars: number;
}

/** Counts what a session uses, and lets no call be made that could go over a limit. */
export class Meter {
  readonly #options: MeterOptions;
  readonly #now: () => number;
  readonly #open = new Set<Open>();
  readonly #began: number;
  readonly #spent: Spent[] = [];
  /** Why the calls of this session are not in the ledger any more. */
  ledgerProblem: string | undefined;
  limits: Readonly<Record<Scope, Limits>>;
  prices: Prices;
  ledger: Ledger | undefined;
  #cell: { readonly number: number; readonly began: number } | undefined;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#began = this.#now();
    this.limits = options.limits;
    this.prices = options.prices ?? (() => undefined);
    this.ledger = options.ledger;
  }

  beginCell(number: number): void {
    this.#cell = { number, began: this.#now() };
  }

  /**
   * Reserves what a call may use at most, in every scope, before it is made. Where a limit of the day depends on a ledger
   * that can't be written, it is refused.
   */
  reserve(model: Priced, inputTokens: number, maxTokens: number): Reservation | Refusal {
    const cell = this.#cell?.number;
    const costOf = (outputTokens: number): number | undefined =>
      this.prices(model, { inputTokens, outputTokens, cachedTokens: 0 });
    let most = maxTokens;
    for (const scope of ['cell', 'session'] as const) {
      const limits = this.limits[scope];
      const found = this.#allowed(scope, limits, { inputTokens, maxTokens: most, costOf });
      if (typeof found === 'string') return { scope, shortage: found, limits };
      most = found;
    }
    const entered = this.#enter(model, { inputTokens, maxTokens: most, costOf });
    if (typeof entered === 'string') return { scope: 'day', shortage: entered, limits: this.limits.day };
    const { call, maxTokens: granted } = entered;
    const open: Open = { cell, tokens: inputTokens + granted, dollars: costOf(granted) ?? 0 };
    this.#open.add(open);
    return {
      maxTokens: granted,
      settle: (usage) => {
        if (!this.#open.delete(open)) return;
        const dollars = this.prices(model, usage);
        this.#spent.push({ cell, model, usage, dollars });
        if (call !== undefined) this.#settle(call, usage, dollars);
      },
    };
  }

  /**
   * Why calls may not all be made, one beside the other, if each used all that it may; `undefined` where they may. Nothing
   * is reserved: each is, when it is made.
   */
  whyNotAll(calls: readonly PlannedCall[]): Refusal | undefined {
    const inputTokens = calls.reduce((sum, call) => sum + call.inputTokens, 0);
    const maxTokens = calls.reduce((sum, call) => sum + call.maxTokens, 0);
    const costOf = (outputTokens: number): number | undefined =>
      this.costOfAll(calls, outputTokens / Math.max(1, maxTokens));
    const request = { inputTokens, maxTokens, costOf };
    for (const scope of ['cell', 'session'] as const) {
      const limits = this.limits[scope];
      const found = this.#allowed(scope, limits, request);
      if (found !== maxTokens)
        return { scope, shortage: typeof found === 'string' ? found : 'tokens', limits };
    }
    const limits = this.limits.day;
    if (limits.tokens === undefined && limits.dollars === undefined) return undefined;
    const used = this.#usedToday();
    const found = used === undefined ? 'no record' : allowance(limits, used, request);
    if (found === maxTokens) return undefined;
    return { scope: 'day', shortage: typeof found === 'string' ? found : 'tokens', limits };
  }

  /** US dollars for calls that write that share of what they may; `undefined` where no price is known. */
  costOfAll(calls: readonly PlannedCall[], share = 1): number | undefined {
    const costs = calls.map(({ model, inputTokens, maxTokens }) =>
      this.prices(model, { inputTokens, outputTokens: maxTokens * share, cachedTokens: 0 }),
    );
    const known = costs.filter((cost) => cost !== undefined);
    return known.length < costs.length ? undefined : known.reduce((sum, cost) => sum + cost, 0);
  }

  /** What a scope has used, by provider and model. */
  byModel(scope: 'cell' | 'session'): readonly (Total & { readonly estimated: boolean })[] {
    const groups = new Map<string, Spent[]>();
    for (const call of this.#spentIn(scope)) {
      const name = `${call.model.provider}:${call.model.model}`;
      groups.set(name, [...(groups.get(name) ?? []), call]);
    }
    return [...groups.values()].map(totalOf);
  }

  #spentIn(scope: 'cell' | 'session'): readonly Spent[] {
    return this.#spent.filter(({ cell }) => scope === 'session' || cell === this.#cell?.number);
  }

  #allowed(
    scope: 'cell' | 'session',
    limits: Limits,
    request: Request,
  ): ReturnType<typeof allowance> | 'seconds' {
    const began = scope === 'cell' ? (this.#cell?.began ?? this.#now()) : this.#began;
    if (limits.seconds !== undefined && this.#now() - began >= limits.seconds * 1000) return 'seconds';
    const spent = this.#spentIn(scope).map(({ usage, dollars = 0 }) => ({
      tokens: usage.inputTokens + usage.outputTokens,
      dollars,
    }));
    const open = [...this.#open].filter(({ cell }) => scope === 'session' || cell === this.#cell?.number);
    const all = [...spent, ...open];
    const used = {
      tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
      dollars: all.reduce((sum, { dollars }) => sum + dollars, 0),
    };
    return allowance(limits, used, request);
  }

  #usedToday(): { readonly tokens: number; readonly dollars: number } | undefined {
    try {
      const totals = this.ledger?.totals(startOfDay(this.#now()));
      const sum = (pick: (total: Total) => number): number =>
        (totals ?? []).reduce((all, total) => all + pick(total), 0);
      return totals && { tokens: sum(({ tokens }) => tokens), dollars: sum(({ dollars }) => dollars) };
    } catch (error) {
      this.ledgerProblem = messageOf(error);
      return undefined;
    }
  }

  #enter(
    { provider, model }: Priced,
    request: Request,
  ): { readonly call?: number; readonly maxTokens: number } | Refusal['shortage'] {
    const { session, notebook } = this.#options;
    const { maxTokens } = request;
    const limits = this.limits.day;
    const isLimited = limits.tokens !== undefined || limits.dollars !== undefined;
    if (this.ledger === undefined) return isLimited ? 'no record' : { maxTokens };
    const origin: CallOrigin = { session, notebook, cell: this.#cell?.number, provider, model };
    const at = this.#now();
    try {
      return this.ledger.enter(origin, request, { limits, since: startOfDay(at), at });
    } catch (error) {
      this.ledgerProblem = messageOf(error);
      return isLimited ? 'no record' : { maxTokens };
    }
  }

  /** A call that can't be settled stays in the ledger as it was reserved. */
  #settle(call: number, usage: Usage, dollars: number | undefined): void {
    try {
      this.ledger?.settle(call, usage, dollars);
    } catch (error) {
      this.ledgerProblem = messageOf(error);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Midnight of the day before which nothing counts for it, in the machine's own time. */
export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

function totalOf(calls: readonly Spent[]): Total & { readonly estimated: boolean } {
  const { inputTokens, outputTokens, cachedTokens, estimated } = sumUsage(calls.map(({ usage }) => usage));
  return {
    provider: calls[0]?.model.provider ?? '',
    model: calls[0]?.model.model ?? '',
    calls: calls.length,
    unpriced: calls.filter(({ dollars }) => dollars === undefined).length,
    dollars: calls.reduce((sum, { dollars = 0 }) => sum + dollars, 0),
    tokens: inputTokens + outputTokens,
    ...{ inputTokens, outputTokens, cachedTokens, estimated },
  };
}
