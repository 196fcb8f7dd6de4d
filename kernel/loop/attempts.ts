import type { ExecuteOptions, ExecuteOutcome } from '../sandbox/contract.ts';
import type { ContinuationManager } from './continuation-manager.ts';
import type { Conversation } from './conversation.ts';
import type { Around } from './helper.ts';
import type { ProcessOptions } from './options.ts';

/** Where one of several attempts at a prompt is made: each has its own conversation, and memory and files when it is its turn. */
export interface Seat {
  /** Of its branch. */
  readonly name: string;
  readonly conversation: Conversation;
  /** Who answers; absent: who answers in the session. */
  readonly model?: { readonly provider: string; readonly model: string } | undefined;
  /** The least that is asked with; absent: as configured. */
  readonly leastTemperature?: number | undefined;
  /**
   * Does something when memory and files are this attempt's; the others wait.
   * @returns `undefined` where the signal came before
   * @throws RepliqueError WORKER_FAILED where they can't be had
   */
  readonly within: Around;
}

/** What an attempt is made with. */
interface OpenAttempt {
  readonly loop: Pick<ContinuationManager, 'processWithContinuation'>;
  /** Who answers, and how, in a few words. */
  readonly what: string;
}

export interface OpenedAttempts {
  /** One for each seat. */
  readonly attempts: readonly OpenAttempt[];
  /** What the first calls may use together, in a sentence; absent where that is not known. */
  readonly estimate?: string | undefined;
  /** Ends what was opened for them alone. */
  close(): Promise<void>;
}

/**
 * Opens the loops of attempts at a prompt, and makes sure that the budgets have room for all of their first calls.
 * @throws ProviderError where a model does not answer, or a budget does not allow it
 */
export type OpenAttempts = (
  signal: AbortSignal,
  seats: readonly Seat[],
  asked: {
    readonly cell: number;
    readonly prompt: string;
    readonly give?: ProcessOptions['give'];
    readonly say: (text: string) => void;
  },
) => Promise<OpenedAttempts>;

/** Runs code when memory and files are an attempt's. */
export async function executeWithin(
  { within }: Pick<Seat, 'within'>,
  options: ExecuteOptions,
  execute: (options: ExecuteOptions) => Promise<ExecuteOutcome>,
): Promise<ExecuteOutcome> {
  const outcome = await within(options.signal, () => execute(options));
  return outcome ?? { status: 'interrupted', durationMs: 0 };
}
