import { ProviderError } from '../../../../kernel/providers/contract.ts';
import type {
  GenerateRequest,
  ModelInfo,
  Provider,
  ProviderErrorKind,
  ProviderEvent,
} from '../../../../kernel/providers/contract.ts';
import { ResilientProvider } from '../../../../kernel/providers/resilience/resilient.ts';
import type { ResilientOptions } from '../../../../kernel/providers/resilience/resilient.ts';
import { Route } from '../../../../kernel/providers/resilience/route.ts';
import type { RouteOptions } from '../../../../kernel/providers/resilience/route.ts';
import { wait } from '../../../../kernel/providers/resilience/wait.ts';

/** What a scripted call does, in order: text, silence in milliseconds, a notice, or a failure. */
export type Step = string | number | { readonly notice: string } | Error;

export const failure = (kind: ProviderErrorKind, retryAfterMs?: number): ProviderError =>
  new ProviderError(kind, `It failed: ${kind}.`, 'Mend it.', {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });

/** Stands for a provider: each call takes the next script, the last one stays. Usage is 10 in, 2 out, as said by it. */
export class Scripted implements Provider {
  readonly name: string;
  readonly canBegin: boolean;
  readonly requests: GenerateRequest[] = [];
  lists = 0;
  closed = 0;
  list: () => Promise<readonly string[]> = () => Promise.resolve(['m']);
  info: () => Promise<ModelInfo> = () =>
    Promise.resolve({ id: 'm', contextLength: 1000, contextLengthKnown: true, vision: false });
  readonly #scripts: (readonly Step[])[];

  constructor(name: string, scripts: readonly (readonly Step[])[], canBegin = false) {
    this.name = name;
    this.canBegin = canBegin;
    this.#scripts = [...scripts];
  }

  async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
    this.requests.push(request);
    const script = this.#scripts.length > 1 ? this.#scripts.shift() : this.#scripts[0];
    for (const step of script ?? []) {
      if (request.signal.aborted) break;
      if (typeof step === 'number') await wait(step, request.signal);
      else if (step instanceof Error) throw step;
      else
        yield typeof step === 'string' ? { type: 'text', text: step } : { type: 'notice', text: step.notice };
    }
    const { aborted } = request.signal;
    const usage = { inputTokens: 10, outputTokens: 2, cachedTokens: 0, estimated: aborted };
    yield { type: 'usage', usage };
    yield { type: 'stop', reason: aborted ? 'aborted' : 'stop' };
  }

  modelInfo(): Promise<ModelInfo> {
    return this.info();
  }

  listModels(): Promise<readonly string[]> {
    this.lists += 1;
    return this.list();
  }

  heartbeat(): ReturnType<Provider['heartbeat']> {
    return Promise.resolve({ ok: true, latencyMs: 1, detail: `${this.name} answers` });
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

/** A route to scripted providers, one for each key. */
export function route(
  providers: Scripted | [Scripted, ...Scripted[]],
  options: Partial<RouteOptions> = {},
): Route {
  return new Route({
    providers: Array.isArray(providers) ? providers : [providers],
    wanted: undefined,
    chooseModel: () => Promise.resolve('m'),
    limits: { firstTokenMs: 10_000, tokenGapMs: 2000 },
    isRemote: true,
    firstKey: 0,
    ...options,
  });
}

/** The routes as one provider; waits are as long as they can be. */
export function resilient(
  routes: [Route, ...Route[]],
  options: Partial<ResilientOptions> = {},
): ResilientProvider {
  return new ResilientProvider({
    routes,
    nominal: routes[0],
    order: 'configured',
    priceOf: () => undefined,
    retries: 3,
    retryMs: 60_000,
    turnMs: 600_000,
    random: () => 1,
    ...options,
  });
}

/** The events in a line: text as it is, the others by what they say. */
export function line(events: readonly ProviderEvent[]): string {
  return events
    .map((event) => {
      switch (event.type) {
        case 'text':
          return event.text;
        case 'notice':
          return `{${event.text}}`;
        case 'retry':
          return `[retry ${event.attempt} in ${event.waitMs}]`;
        case 'source':
          return `<${event.provider}:${event.model}>`;
        case 'usage':
          return '';
        case 'stop':
          return `.${event.reason}`;
      }
    })
    .join('');
}
