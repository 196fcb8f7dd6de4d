import { ProviderError } from '../contract.ts';
import type { GenerateRequest, Heartbeat, ModelInfo, Provider, ProviderEvent } from '../contract.ts';
import { attempt } from './attempt.ts';
import type { Ended } from './attempt.ts';
import { Backoff, isPassing } from './backoff.ts';
import { unfit } from './capability.ts';
import { allFailed, waitTooLong } from './explain.ts';
import type { Problem } from './explain.ts';
import { askModelInfo } from './model-info.ts';
import { ordered } from './order.ts';
import type { Order, PriceOf } from './order.ts';
import { Round } from './round.ts';
import { firstTarget } from './route.ts';
import type { Route, Target } from './route.ts';
import { Spent } from './spent.ts';
import { tookTooLong } from './time-limits.ts';
import { wait } from './wait.ts';

export interface ResilientOptions {
  /** As configured; the first is the provider itself, the others are its fallbacks. */
  readonly routes: readonly [Route, ...Route[]];
  /** The one that the session was started with: its name and its model are what the loop asks for. */
  readonly nominal: Route;
  readonly order: Order;
  readonly priceOf: PriceOf;
  readonly retries: number;
  /** All waits of one turn together, in milliseconds. */
  readonly retryMs: number;
  /** One turn with all its attempts, in milliseconds. */
  readonly turnMs: number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
}

/** Where there is a fallback, nobody waits for longer than this. */
const patienceMs = 5000;

/** Errors that another provider or key may not have. */
const elsewhere: ReadonlySet<string> = new Set(['auth', 'model-missing', 'setup']);

/** One turn while it is asked for. */
interface Turn {
  readonly request: GenerateRequest;
  readonly deadline: number;
  readonly spent: Spent;
  readonly problems: Problem[];
  waitLeftMs: number;
  attempts: number;
  source: Route;
}

/**
 * Several providers as one: what fails is tried again, with another key or by a fallback, within bounds of time and
 * number; see docs/decisions/resilience.md.
 */
export class ResilientProvider implements Provider {
  readonly #o: ResilientOptions;
  /** Who answered last; at first, who is configured to. */
  #answering: Route;
  /** Fallbacks that are known to be too small for what is asked. */
  readonly #unfit = new Set<Route>();
  /** Who was asked last could not tell what its model is, and another did. */
  #isInfoOfAnother = false;

  constructor(options: ResilientOptions) {
    this.#o = options;
    this.#answering = options.routes[0];
  }

  get name(): string {
    return this.#o.nominal.name;
  }

  get canBegin(): boolean {
    return this.#o.routes.every((route) => route.canBegin);
  }

  get isLocal(): boolean {
    return this.#o.routes.every((route) => route.isLocal);
  }

  async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
    const { order, priceOf, routes, nominal, retryMs, turnMs } = this.#o;
    const turn: Turn = {
      request,
      deadline: performance.now() + turnMs,
      spent: new Spent(request),
      problems: [],
      waitLeftMs: retryMs,
      attempts: 0,
      source: nominal,
    };
    const asked = ordered(routes, order, priceOf);
    for (const route of asked) {
      const ended = yield* this.#ask(route, turn, route !== asked.at(-1));
      if ('stop' in ended) {
        yield { type: 'usage', usage: turn.spent.usage };
        const { stop: reason, answered } = ended;
        yield { type: 'stop', reason, ...(answered !== undefined && { answered }) };
        return;
      }
      turn.problems.push({ route, error: ended.error });
      if (!this.#mayMove(route, ended.error, turn)) break;
    }
    yield { type: 'usage', usage: turn.spent.usage };
    const isOfNominal = (problem: Problem): number => (problem.route === nominal ? 0 : 1);
    throw allFailed(turn.problems.toSorted((a, b) => isOfNominal(a) - isOfNominal(b)));
  }

  /** Asked before each cell: who could not tell is asked again, then without waiting for it. */
  async modelInfo(model: string, signal: AbortSignal): Promise<ModelInfo> {
    const { nominal, routes, retries, retryMs, random } = this.#o;
    const [primary] = routes;
    const isBack =
      primary !== nominal &&
      primary === this.#answering &&
      primary.targets.some(({ answeredAt }) => answeredAt !== undefined);
    const asked = isBack ? primary : nominal;
    const id = isBack ? await primary.findModel(signal) : model;
    const info = await askModelInfo(id, {
      ...{ asked, signal, others: routes.filter((route) => route !== asked) },
      backoff: new Backoff(this.#isInfoOfAnother ? 0 : retries, random),
      longestWaitMs: Math.min(retryMs, patienceMs),
    });
    this.#isInfoOfAnother = info.id !== id;
    return info;
  }

  listModels(signal: AbortSignal): Promise<readonly string[]> {
    return firstTarget(this.#o.nominal).provider.listModels(signal);
  }

  heartbeat(model: string, signal: AbortSignal): Promise<Heartbeat> {
    return firstTarget(this.#o.nominal).provider.heartbeat(model, signal);
  }

  async close(): Promise<void> {
    const targets = this.#o.routes.flatMap((route) => route.targets);
    await Promise.all(targets.map(({ provider }) => provider.close()));
  }

  /** Asks one provider until it answers, or until it is of no use to ask on. */
  async *#ask(
    route: Route,
    turn: Turn,
    hasFallback: boolean,
  ): AsyncGenerator<ProviderEvent, Ended, undefined> {
    const { signal } = turn.request;
    const tooSmall = yield* this.#checkSize(route, turn);
    if (tooSmall) return { error: tooSmall };
    const before = turn.problems.at(-1)?.error;
    if (turn.attempts > 0 && before) yield retry(before, turn, 0);
    const round = new Round(route, this.#o.retries, this.#o.random);
    for (;;) {
      const target = round.next();
      if (target) {
        turn.attempts += 1;
        const ended = yield* this.#attempt(route, target, turn);
        if ('stop' in ended) return ended;
        if (performance.now() >= turn.deadline) return ended;
        round.failed(target, ended.error);
      }
      const { error, pauseMs } = round.pause();
      if (pauseMs === undefined) return { error };
      if (pauseMs > turn.waitLeftMs) return { error: waitTooLong(error, pauseMs, this.#o.retryMs) };
      if (hasFallback && pauseMs > patienceMs) return { error };
      turn.waitLeftMs -= pauseMs;
      yield retry(error, turn, pauseMs);
      await wait(Math.min(pauseMs, turn.deadline - performance.now()), signal);
      if (signal.aborted) return { stop: 'aborted' };
      if (performance.now() >= turn.deadline) return { error: tookTooLong(route.label) };
    }
  }

  /** One attempt; who answers is told with the first word. */
  async *#attempt(route: Route, target: Target, turn: Turn): AsyncGenerator<ProviderEvent, Ended, undefined> {
    const { request, deadline, spent } = turn;
    const events = attempt({ route, target, request, deadline, spent });
    try {
      for (;;) {
        const next = await events.next();
        const isAnswer =
          next.done === true
            ? 'stop' in next.value && next.value.stop !== 'aborted'
            : next.value.type === 'text';
        if (isAnswer) yield* this.#tellSource(route, turn);
        if (next.done === true) return next.value;
        yield next.value;
      }
    } finally {
      await events.return({ stop: 'aborted' });
    }
  }

  *#tellSource(route: Route, turn: Turn): Generator<ProviderEvent, void, undefined> {
    if (turn.source !== route) {
      turn.source = route;
      yield { type: 'source', provider: route.name, model: route.model ?? '' };
    }
    if (this.#answering === route) return;
    const before = this.#answering;
    this.#answering = route;
    const why = turn.problems.find((problem) => problem.route === before)?.error.message;
    const text = `${route.label} answers now, not ${before.label}${why === undefined ? '.' : `: ${why}`}`;
    yield { type: 'notice', text };
  }

  /** A fallback whose context is too small is passed over, and that is said once. */
  async *#checkSize(
    route: Route,
    { request }: Turn,
  ): AsyncGenerator<ProviderEvent, ProviderError | undefined, undefined> {
    if (route === this.#o.nominal) return undefined;
    let why: string | undefined;
    try {
      const model = await route.findModel(request.signal);
      why = unfit(await firstTarget(route).provider.modelInfo(model, request.signal), request);
    } catch (error) {
      if (error instanceof ProviderError || request.signal.aborted) return undefined; // The attempt finds out.
      throw error;
    }
    if (why === undefined) {
      this.#unfit.delete(route);
      return undefined;
    }
    if (!this.#unfit.has(route)) yield { type: 'notice', text: `${route.label} is passed over: ${why}.` };
    this.#unfit.add(route);
    return new ProviderError(
      'overflow',
      `It is passed over: ${why}.`,
      'Choose a fallback with more context.',
    );
  }

  #mayMove(route: Route, error: ProviderError, turn: Turn): boolean {
    if (turn.request.signal.aborted || performance.now() >= turn.deadline) return false;
    return isPassing(error) || elsewhere.has(error.kind) || route !== this.#o.nominal;
  }
}

const retry = (error: ProviderError, turn: Turn, waitMs: number): ProviderEvent => ({
  type: 'retry',
  reason: error.message,
  attempt: turn.attempts + 1,
  waitMs,
  spent: turn.spent.usage,
});
