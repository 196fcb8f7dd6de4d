import { RepliqueError } from '../errors.ts';
import { ProviderError } from '../providers/contract.ts';
import type { StopReason } from './events.ts';

/** Why a cell ended without an answer, as its reader sees it. */
interface Problem {
  readonly ename: string;
  readonly sentence: string;
  readonly remedy: string;
}

export interface Stop {
  readonly reason: StopReason;
  readonly problem?: Problem;
}

/** Every reason to stop that is not a final answer. ProviderError and SandboxUnavailable bring their own words. */
const problems = {
  TurnLimit: {
    reason: 'turn-limit',
    sentence: 'The model used all the turns that a cell may take, without a final answer.',
    remedy: '`%continue` goes on from there; REPLIQUE_MAX_TURNS allows more.',
  },
  Interrupted: {
    reason: 'interrupted',
    sentence: 'The cell was interrupted.',
    remedy: 'Run the cell again, or `%continue` from there.',
  },
  Repetition: {
    reason: 'repetition',
    sentence: 'The model ran the same code again and again, with the same result.',
    remedy: 'Ask in other words, or in smaller steps.',
  },
  NoProgress: {
    reason: 'no-progress',
    sentence: 'The model met the same error five times in a row.',
    remedy: 'Say how it could be solved and `%continue`, or choose a larger model: set REPLIQUE_MODEL.',
  },
  Refused: {
    reason: 'refusal',
    sentence: 'The provider’s content filter ended the reply.',
    remedy: 'Ask in other words, or choose another provider: set REPLIQUE_PROVIDER.',
  },
  Malformed: {
    reason: 'malformed',
    sentence: 'The model wrote a malformed helper block or an invented result three times in a row.',
    remedy: 'Run the cell again, ask in other words, or choose a larger model: set REPLIQUE_MODEL.',
  },
  EmptyReply: {
    reason: 'empty',
    sentence: 'The model gave an empty reply, twice in a row.',
    remedy: 'Ask in other words, or choose another model: set REPLIQUE_MODEL.',
  },
  ContextOverflow: {
    reason: 'overflow',
    sentence: 'The request does not fit into the model’s context, even with the older cells summarised.',
    remedy: 'Make the prompt shorter, or choose a model with a larger context: set REPLIQUE_MODEL.',
  },
  HelperFailed: {
    reason: 'sandbox',
    sentence: 'The helper could not be run, because of an error in Replique itself.',
    remedy: 'Run `npx replique doctor` to see what is wrong.',
  },
} as const satisfies Record<string, { reason: StopReason; sentence: string; remedy: string }>;

export type ProblemName = keyof typeof problems;

/** The stop of that name. */
export function stopWith(name: ProblemName): Stop {
  const { reason, sentence, remedy } = problems[name];
  return { reason, problem: { ename: name, sentence, remedy } };
}

/** The stop for what a provider threw. */
export function providerStop(error: unknown): Stop {
  if (error instanceof ProviderError) {
    if (error.kind === 'overflow') return stopWith('ContextOverflow');
    if (error.kind === 'budget') {
      return {
        reason: 'budget',
        problem: { ename: 'BudgetExceeded', sentence: error.message, remedy: error.remedy },
      };
    }
    return {
      reason: 'provider',
      problem: { ename: 'ProviderError', sentence: error.message, remedy: error.remedy },
    };
  }
  const sentence = `The model provider failed: ${error instanceof Error ? error.message : String(error)}`;
  return {
    reason: 'provider',
    problem: { ename: 'ProviderError', sentence, remedy: 'Run `npx replique doctor` to see what is wrong.' },
  };
}

/** The stop for what a tool threw: a tool's own failures are results, so this is a broken environment or a bug. */
export function toolStop(error: unknown): Stop {
  if (!(error instanceof RepliqueError)) return stopWith('HelperFailed');
  const ename = error.code === 'AUDIT_UNWRITABLE' ? 'AuditUnavailable' : 'SandboxUnavailable';
  return {
    reason: 'sandbox',
    problem: { ename, sentence: error.message, remedy: error.remedy },
  };
}
