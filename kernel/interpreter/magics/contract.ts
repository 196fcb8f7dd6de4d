import type { CellOutcome } from '../../loop/events.ts';
import type { ContextUse } from '../../loop/window.ts';
import type { CheckReport } from '../../protocol/setup.ts';
import type { TimelineControl } from '../../timeline/contract.ts';
import type { WantedAttempts } from '../attempts/run.ts';
import type { CellRequest } from '../contract.ts';

/** The hosts that code may reach in this session. */
export interface Network {
  /** All or none. @throws RepliqueError HOST_INVALID */
  allow(...rules: readonly string[]): void;
  /** `false` where it was not open. @throws RepliqueError HOST_INVALID */
  remove(rule: string): boolean;
  allowed(): readonly string[];
}

/** What is in force in the session's sandbox, and the profile that decides what helpers may ask for. */
export interface SandboxControl {
  /** Says what is wrong where it can't be set. */
  setProfile(name: string): string | undefined;
  readonly profiles: readonly {
    readonly name: string;
    readonly isSet: boolean;
    readonly decisions: Readonly<Record<string, string>>;
  }[];
  readonly capabilities: readonly string[];
  /** Which hosts code reaches here: some systems have no way to open some, or to close any. */
  readonly reach: 'what is allowed' | 'everything' | 'nothing';
  /** Found now, from outside. In Markdown. */
  layers(): Promise<readonly { readonly layer: string; readonly what: string }[]>;
}

/** What one model has used in a cell, a session or a day. */
export interface Spent {
  /** `last prompt`, `session`, `today, all kernels`. */
  readonly scope: string;
  readonly model: string;
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly estimated: boolean;
  /** Money, as it is shown. */
  readonly cost: string;
}

/** What the session has used, and what it may. */
export interface Spending {
  /** With what is wrong with the record, if something is. */
  report(): Promise<{ readonly rows: readonly Spent[]; readonly notice: string | undefined }>;
  budgets(): Promise<readonly { readonly scope: string; readonly limit: string; readonly used: string }[]>;
  /** Says what is wrong where it is no budget. */
  setBudget(text: string): string | undefined;
}

/** An earlier session of this kernel or notebook. */
interface EarlierSession {
  /** ISO 8601, of its last step. */
  readonly at: string;
  readonly prompts: number;
  /** How its first prompt begins. */
  readonly title: string;
}

/** The conversations that were put away. */
export interface Sessions {
  /** The newest first. */
  earlier(): readonly EarlierSession[];
  /** Brings one back, by its place in that list from 1; `undefined` where there is none. */
  resume(number: number): EarlierSession | undefined;
  /** Settles when what has been said so far is saved, or can't be. Never rejects. */
  saved(): Promise<unknown>;
}

/** What is known of a model. */
export interface ModelFacts {
  readonly contextLength: number;
  /** The provider does not say how much fits. */
  readonly isGuess: boolean;
  readonly vision: boolean;
  /** In words: `$0.59 for a million tokens read, $0.79 written`. */
  readonly price: string;
}

/** The models that can be asked for here, each as `provider:model`. */
export interface Models {
  /** As far as they are known within a short time. */
  list(): Promise<readonly string[]>;
  about(name: string): Promise<ModelFacts | undefined>;
}

/** How cells are recorded and played. */
export interface TapeControl {
  readonly mode: string;
  /** Of the cell that runs, which may say so itself. */
  readonly running: string;
  readonly modes: readonly string[];
  /** Says what is wrong where it can't be set. */
  choose(mode: string): string | undefined;
  /** What the tape holds. @throws RepliqueError where there is none, or it can't be read */
  contents(): {
    readonly file: string;
    readonly prompts: number;
    readonly turns: number;
    readonly code: number;
    /** In sentences. */
    readonly problems: readonly string[];
  };
}

/** Who answers prompts in this session. */
export interface Answers {
  /** `provider:model`; `undefined` before the first prompt. */
  current(): string | undefined;
  /** Another one answers from now on. @throws ProviderError where it does not; the one before goes on then */
  change(
    to: { provider: string; model: string },
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<void>;
}

/** What arguments can be chosen from. */
export interface Choices {
  readonly tape: TapeControl;
  readonly network: Network;
  readonly sandbox: SandboxControl;
  readonly sessions: Sessions;
  readonly models: Models;
  readonly timeline: Pick<TimelineControl, 'branches'>;
}

/** What a magic may use. */
export interface MagicContext {
  readonly request: CellRequest;
  /** Runs code in the worker as the user's own doing. */
  runCode(code: string, language: 'python' | 'bash'): Promise<CellOutcome>;
  systemCheck(signal: AbortSignal): Promise<CheckReport>;
  /** Does what must not be done while a prompt or code runs, as another subshell's may. */
  readonly alone: (action: () => Promise<CellOutcome>) => Promise<CellOutcome>;
  /** Runs a prompt as if the cell were one. */
  readonly runPrompt: (text: string) => Promise<CellOutcome>;
  /** Runs a prompt in several branches from where one stands. */
  readonly runAttempts: (text: string, wanted: WantedAttempts) => Promise<CellOutcome>;
  /** @throws ProviderError where the model can't be asked */
  readonly contextUse: (signal: AbortSignal) => Promise<ContextUse>;
  readonly network: Network;
  readonly sandbox: SandboxControl;
  readonly spending: Spending;
  readonly sessions: Sessions;
  readonly tape: TapeControl;
  readonly models: Models;
  readonly answers: Answers;
  readonly timeline: TimelineControl;
  readonly magics: readonly Magic[];
}

/** One magic; one file each in this folder, listed in index.ts. */
export interface Magic {
  readonly name: string;
  /** `cell`: `%%name` with a body; `line`: `%name arguments`. */
  readonly kind: 'cell' | 'line';
  /** How to write it, for `%help`. */
  readonly usage: string;
  /** What it is for, one sentence. */
  readonly summary: string;
  /**
   * What may stand at the last word of its arguments, `word`; `before` is what stands there before it. `words`: what may
   * stand in a prompt. Absent: nothing is offered.
   */
  readonly complete?:
    | 'words'
    | ((before: string, word: string, choices: Choices) => readonly string[] | Promise<readonly string[]>);
  /** Whether a line magic with these arguments runs the prompt below it itself: it is its body. */
  readonly takesPrompt?: (args: string) => boolean;
  run(args: string, body: string, context: MagicContext): Promise<CellOutcome>;
}

export const succeeded: CellOutcome = { status: 'ok', userExpressions: {} };
