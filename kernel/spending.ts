import { explainBudgetForm, parseBudgets, showDollars, showLimits } from './economy/budget-text.ts';
import type { Ledger, Total } from './economy/ledger.ts';
import { startOfDay, type Meter, type Scope } from './economy/meter.ts';
import type { Spending, Spent } from './interpreter/magics/contract.ts';

/** What `%cost` and `%budget` show and set in a session. */
export function createSpending(meter: Meter, ledger: Ledger | undefined): Spending {
  const today = (): readonly Total[] => {
    try {
      return ledger?.totals(startOfDay(Date.now())) ?? [];
    } catch {
      return [];
    }
  };
  return {
    report: () => ({
      rows: [
        ...meter.byModel('cell').map((total) => rowOf('this prompt', total)),
        ...meter.byModel('session').map((total) => rowOf('session', total)),
        ...today().map((total) => rowOf('today, all kernels', total)),
      ],
      notice:
        meter.ledgerProblem === undefined
          ? undefined
          : `What this session uses is not recorded for the day: ${meter.ledgerProblem}`,
    }),
    budgets: () => {
      const totals: Readonly<Record<Scope, readonly Total[]>> = {
        cell: meter.byModel('cell'),
        session: meter.byModel('session'),
        day: today(),
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
  };
}

function rowOf(scope: string, total: Total & { readonly estimated?: boolean }): Spent {
  const { provider, model, calls, inputTokens, cachedTokens, outputTokens, estimated = false } = total;
  const counts = { calls, inputTokens, cachedTokens, outputTokens, estimated };
  return { scope, model: `${provider}:${model}`, ...counts, cost: costOf(total) };
}

function costOf({ dollars, unpriced, calls }: Total): string {
  if (unpriced === calls && calls > 0) return 'no price known';
  return unpriced === 0
    ? showDollars(dollars)
    : `${showDollars(dollars)} and ${unpriced} calls without a price`;
}

function showUsed(totals: readonly Total[]): string {
  const sum = (pick: (total: Total) => number): number => totals.reduce((all, total) => all + pick(total), 0);
  const unpriced = sum((total) => total.unpriced);
  const dollars = showDollars(sum((total) => total.dollars));
  return `${sum((total) => total.tokens).toLocaleString('en')} tokens, ${dollars}${unpriced === 0 ? '' : ` and ${unpriced} calls without a price`}`;
}
