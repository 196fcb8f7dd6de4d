import { ProviderError } from '../contract.ts';
import type { Route, Target } from './route.ts';

const idleMs = 5 * 60_000;
const patienceMs = 5000;

/**
 * Before a prompt goes to a provider that has not been heard of for five minutes: asks for its list of models, which costs
 * nothing. That there is no such list says nothing; that nobody answers does.
 * @throws ProviderError `unreachable` or `timeout`
 */
export async function probe(route: Route, target: Target, signal: AbortSignal): Promise<void> {
  const { answeredAt } = target;
  if (!route.isRemote || answeredAt === undefined || performance.now() - answeredAt < idleMs) return;
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const ended = new Promise<'late' | 'aborted'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patienceMs);
    onAbort = () => resolve('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
  });
  const list = target.provider.listModels(AbortSignal.any([signal, limit.signal])).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    const outcome = await Promise.race([list, ended]);
    if (outcome === 'late') throw goneAway(route.label);
    if (outcome instanceof ProviderError && outcome.kind === 'unreachable') throw outcome;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    limit.abort();
  }
}

function goneAway(label: string): ProviderError {
  return new ProviderError(
    'timeout',
    `${label} does not answer any more: it did not list its models in ${patienceMs / 1000} s.`,
    'Check the provider with `%check`, and run the cell again.',
  );
}
