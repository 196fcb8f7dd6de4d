import type { OpenAttempts, Seat } from './loop/attempts.ts';
import type { ContinuationManager } from './loop/continuation-manager.ts';
import type { ManagerOptions, ToolRegistry } from './loop/options.ts';
import type { ModelChoice } from './providers/choice.ts';
import type { Selection } from './providers/select.ts';
import type { SessionSpending } from './spending.ts';

interface AttemptsOptions {
  readonly choice: Pick<ModelChoice, 'make' | 'beside'>;
  readonly spending: Pick<SessionSpending, 'open' | 'beginCell' | 'estimate'>;
  /** What keeps its memory in another process than Python is not among them. */
  readonly tools: ToolRegistry;
  readonly temperature: number;
  /** The session's loop, but for some of what it is made from. */
  readonly managerOf: (selection: Selection, own: OwnOptions) => ContinuationManager;
}

/** What is another for an attempt than for the session. */
export interface OwnOptions extends Pick<ManagerOptions, 'tools' | 'conversation' | 'around'> {
  readonly temperature: number;
  /** Around what looks at memory and files. */
  readonly looking: <T>(look: () => Promise<T>) => Promise<T>;
}

/** Opens loops for attempts at a prompt, with the session's model or with others. */
export function attemptsOpener(options: AttemptsOptions): OpenAttempts {
  const { choice, spending, tools, managerOf } = options;
  return async (signal, seats, { cell, prompt, give, say }) => {
    await spending.open();
    spending.beginCell(cell);
    const others: Selection[] = [];
    const close = async (): Promise<void> => {
      await Promise.all(others.map(({ provider }) => provider.close()));
    };
    const open = async (seat: Seat): Promise<Open> => {
      const selection = seat.model
        ? await choice.beside(seat.model, signal, say)
        : await choice.make(signal, say);
      if (seat.model) others.push(selection);
      const temperature = Math.max(options.temperature, seat.leastTemperature ?? 0);
      const manager = managerOf(selection, {
        tools,
        conversation: seat.conversation,
        temperature,
        around: seat.within,
        looking: (look) => looking(seat, signal, look),
      });
      return { selection, manager, temperature };
    };
    try {
      const opened: Open[] = [];
      for (const seat of seats) opened.push(await open(seat));
      const calls = [];
      for (const { selection, manager } of opened) {
        const { model, provider } = selection;
        calls.push({
          provider: provider.name,
          model,
          ...(await manager.estimate(prompt, { signal, ...(give && { give }) })),
        });
      }
      const estimate = `First calls together: ${spending.estimate(calls)}.`;
      const attempts = opened.map(({ selection, manager, temperature }) => ({
        loop: manager,
        what: `${selection.provider.name}:${selection.model}, temperature ${temperature}`,
      }));
      return { attempts, estimate, close };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

/** @throws the reason of the signal where it came before */
async function looking<T>({ within }: Seat, signal: AbortSignal, look: () => Promise<T>): Promise<T> {
  const found = await within(signal, async () => ({ found: await look() }));
  if (found === undefined) throw signal.reason;
  return found.found;
}

interface Open {
  readonly selection: Selection;
  readonly manager: ContinuationManager;
  readonly temperature: number;
}
