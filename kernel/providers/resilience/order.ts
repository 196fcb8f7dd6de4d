import type { Route } from './route.ts';

export type Order = 'configured' | 'cheapest' | 'fastest';

/** A figure to compare prices by, US dollars for the same work; `undefined` where no price is known. */
export type PriceOf = (provider: string, model: string) => number | undefined;

/**
 * The routes in the order in which they are asked. Those without a known price come last; those whose first token has not
 * been measured come first, so that each is measured once. What is equal stays as configured.
 */
export function ordered(routes: readonly Route[], order: Order, priceOf: PriceOf): readonly Route[] {
  if (order === 'configured') return routes;
  const rank = (route: Route): number =>
    order === 'cheapest'
      ? (priceOf(route.name, route.model ?? route.wanted ?? '') ?? Infinity)
      : (route.firstTokenMs ?? 0);
  const ranks = new Map(routes.map((route) => [route, rank(route)]));
  const rankOf = (route: Route): number => ranks.get(route) ?? 0;
  return routes.toSorted((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b)));
}
