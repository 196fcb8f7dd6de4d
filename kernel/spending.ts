import type { Config } from './config.ts';
import {
  explainBudgetForm,
  explainRefusal,
  parseBudgets,
  showDollars,
  showLimits,
} from './economy/budget-text.ts';
import type { Ledger, Total } from './economy/ledger.ts';
import { Meter, startOfDay, type PlannedCall, type Scope } from './economy/meter.ts';
import { meteredProvider } from './economy/metered.ts';
import { loadPrices, type Prices } from './economy/prices.ts';
import type { Spending, Spent } from './interpreter/magics/contract.ts';
import { ProviderError, type Provider, type Usage } from './providers/contract.ts';

interface SpendingOptions {
  readonly config: Config;
  readonly session: string;
  readonly notebook: string | undefined;
  /** The ledger of all kernels of the user. */
  readonly file: string;
}

/** What a session uses: counted, held within its budgets, shown. */
export interface SessionSpending extends Spending {
  /** Loads prices and opens the ledger, once. */
  open(): Promise<void>;
  /** A prompt begins. */
  beginCell(number: number): void;
  /** A provider every call of which is reserved and counted. */
  readonly metered: (provider: Provider) => Provider;
  /**
   * What calls that are made side by side may use together, in words.
   * @throws ProviderError `budget` where a budget does not allow all of them
   */
  readonly estimate: (
    calls: readonly {
      readonly provider: string;
      readonly model: string;
      readonly inputTokens: number;
      readonly maxTokens: number;
    }[],
  ) => string;
  /** US dollars for what was used at a provider’s model; `undefined` where no price is known. */
  readonly costOf: (
    usage: Usage,
    source: { readonly provider: string; readonly model: string },
  ) => number | undefined;
  /** US dollars to compare models by: for a million tokens read and a quarter of that written. */
  readonly priceOf: (provider: string, model: string) => number | undefined;
  close(): void;
}

/** Nothing is opened before the first prompt or question. */
export function createSpending({ config, session, notebook, file }: SpendingOptions): SessionSpending {
  const meter = new Meter({ limits: config.budget, session, notebook });
  let opened: Promise<Ledger | undefined> | undefined;
  const ledger = (): Promise<Ledger | undefined> => {
    opened ??= openLedger(file).catch((error: unknown) => {
      meter.ledgerProblem = error instanceof Error ? error.message : String(error);
      return undefined;
    });
    return opened;
  };
  let priced: Promise<Prices> | undefined;
  const costOf: SessionSpending['costOf'] = (usage, { provider, model }) =>
    meter.prices({ provider, model, address: addressOf(provider, config) }, usage);
  const today = async (): Promise<readonly Total[]> => {
    try {
      return (await ledger())?.totals(startOfDay(Date.now())) ?? [];
    } catch (error) {
      meter.ledgerProblem = error instanceof Error ? error.message : String(error);
      return [];
    }
  };
  return {
    beginCell: (number) => meter.beginCell(number),
    open: async () => {
      priced ??= loadPrices(mayCost(config), config.prices);
      meter.prices = await priced;
      meter.ledger = await ledger();
    },
    metered: (provider) => meteredProvider(provider, meter, addressOf(provider.name, config)),
    estimate: (calls) => {
      const planned = calls.map(({ provider, model, ...tokens }) => ({
        model: { provider, model, address: addressOf(provider, config) },
        ...tokens,
      }));
      return estimateOf(meter, planned);
    },
    costOf,
    priceOf: (provider, model) => costOf(typicalUsage, { provider, model }),
    report: async () => {
      const rows = [
        ...meter.byModel('cell').map((total) => rowOf('last prompt', total)),
        ...meter.byModel('session').map((total) => rowOf('session', total)),
        ...(await today()).map((total) => rowOf('today, all kernels', total)),
      ];
      const problem = meter.ledgerProblem;
      if (problem === undefined) return { rows, notice: undefined };
      return { rows, notice: `What this session uses is not recorded for the day: ${problem}` };
    },
    budgets: async () => {
      const totals: Readonly<Record<Scope, readonly Total[]>> = {
        cell: meter.byModel('cell'),
        session: meter.byModel('session'),
        day: await today(),
      };
      return (['cell', 'session', 'day'] as const).map((scope) => ({
        scope,
        limit: showLimits(meter.limits[scope]),
        used: showUsed(totals[scope]),
      }));
    },
    setBudget: (text) => {
      const budgets = parseBudgets(text, meter.limits);
      if (budgets === undefined) return explainBudgetForm(text);
      meter.limits = budgets;
      return undefined;
    },
    close: () => void opened?.then((found) => found?.close()),
  };
}

function estimateOf(meter: Meter, calls: readonly PlannedCall[]): string {
  const sum = (pick: (call: PlannedCall) => number): string =>
    calls.reduce((all, call) => all + pick(call), 0).toLocaleString('en');
  const dollars = meter.costOfAll(calls);
  const money = dollars === undefined || dollars === 0 ? '' : `, at most ${showDollars(dollars)}`;
  const tokens = `≈ ${sum(({ inputTokens }) => inputTokens)} tokens read, at most ${sum(({ maxTokens }) => maxTokens)} written${money}`;
  const refusal = meter.whyNotAll(calls);
  if (refusal === undefined) return tokens;
  const { sentence, remedy } = explainRefusal(refusal);
  throw new ProviderError(
    'budget',
    `The first calls of ${calls.length} branches may use that much: ${tokens}. ${sentence}`,
    `Try fewer branches, or allow more. ${remedy}`,
  );
}

const typicalUsage = { inputTokens: 1_000_000, outputTokens: 250_000, cachedTokens: 0, estimated: false };

/** Whether a service that wants money may be asked. */
function mayCost({ provider, groqApiKey, fallback }: Config): boolean {
  const names = [provider, ...fallback.map((entry) => entry.split(':')[0])];
  return (
    (provider === 'auto' && groqApiKey !== undefined) || names.includes('groq') || names.includes('openai')
  );
}

/** Its native part is loaded only when it is needed. */
async function openLedger(file: string): Promise<Ledger> {
  const module = await import('./economy/ledger.ts');
  return new module.Ledger(file);
}

/** Where its API is, if not at its usual place. */
export function addressOf(provider: string, { groqBaseUrl, openaiBaseUrl }: Config): string | undefined {
  if (provider === 'groq') return groqBaseUrl;
  return provider === 'openai' ? openaiBaseUrl : undefined;
}

function rowOf(scope: string, total: Total & { readonly estimated?: boolean }): Spent {
  const { provider, model, calls, inputTokens, cachedTokens, outputTokens, estimated = false } = total;
  const counts = { calls, inputTokens, cachedTokens, outputTokens, estimated };
  return { scope, model: `${provider}:${model}`, ...counts, cost: costText(total) };
}

function costText({ dollars, unpriced, calls }: Pick<Total, 'dollars' | 'unpriced' | 'calls'>): string {
  if (unpriced === calls && calls > 0) return 'no price known';
  return unpriced === 0
    ? showDollars(dollars)
    : `${showDollars(dollars)} and ${unpriced} calls without a price`;
}

function showUsed(totals: readonly Total[]): string {
  const sum = (pick: (total: Total) => number): number => totals.reduce((all, total) => all + pick(total), 0);
  const all = {
    dollars: sum(({ dollars }) => dollars),
    unpriced: sum(({ unpriced }) => unpriced),
    calls: sum(({ calls }) => calls),
  };
  return `${sum(({ tokens }) => tokens).toLocaleString('en')} tokens, ${costText(all)}`;
}
