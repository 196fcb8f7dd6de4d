import type { Environment, FileRead } from '../environment/schema.ts';
import type { Usage } from '../providers/contract.ts';
import type { WorkerError, WorkerOutput } from '../sandbox/contract.ts';
import type { ToolResult } from '../tools/contract.ts';

/** Why a cell stopped. Only `final` is a success. The first reason wins. */
export type StopReason =
  | 'final'
  | 'interrupted'
  | 'turn-limit'
  | 'repetition'
  | 'no-progress'
  | 'refusal'
  | 'malformed'
  | 'empty'
  | 'overflow'
  | 'budget'
  | 'provider'
  | 'sandbox';

export interface HelperBlock {
  readonly lang: string;
  readonly code: string;
  readonly title?: string;
  readonly timeoutMs?: number;
  /** SHA-256 of the code, hex. */
  readonly hash: string;
}

/** The keyed record of one turn: `application/vnd.replique.turn+json`, see docs/reference/mime.md. */
export interface TurnRecord {
  readonly version: 1;
  /** SHA-256 over the canonical JSON of model, params and messages, hex. */
  readonly key: string;
  readonly provider: string;
  readonly model: string;
  readonly params: {
    readonly temperature: number;
    readonly maxTokens: number;
    readonly stop: readonly string[];
    /** What we began the response with; the text has it. */
    readonly begin?: string;
  };
  /** The response exactly as received (with the closing tag that a stop sequence took, put back). */
  readonly text: string;
  readonly helper?: HelperBlock;
  readonly usage: Usage;
  /** US dollars; absent where no price is known. */
  readonly cost?: number;
  readonly stop: 'stop' | 'length' | 'filtered' | 'aborted' | 'error';
  readonly final: boolean;
}

/** What the tape keeps of an image: it is in the outputs, or was. */
export interface TapedImage {
  readonly mime: string;
  /** Of its base64, hex. */
  readonly sha256: string;
}

/** What the tape keeps of a turn's request: with it the conversation can be made again. See docs/reference/mime.md. */
export interface TapedRequest {
  /** What had been said before this cell, by content: see `Trail`. */
  readonly conversation: string;
  /** What the model was given since its last words, besides the result of a helper. */
  readonly given: readonly {
    readonly kind: 'words' | 'result' | 'note';
    readonly text: string;
    readonly images?: readonly TapedImage[];
  }[];
  /** What the model could take of that which the prompt points at; absent: it points at nothing. */
  readonly room?: { readonly chars: number; readonly allChars: number; readonly sees: boolean };
}

/** What the tape keeps of a helper's result. */
export interface TapedResult {
  readonly status: ToolResult['status'];
  /** What the model was given, exactly. */
  readonly text: string;
  readonly images?: readonly TapedImage[];
}

/** One line of the footer's timeline. */
export interface TurnSummary {
  readonly turn: number;
  readonly model: string;
  readonly usage: Usage;
  readonly durationMs: number;
  readonly helper?: {
    readonly lang: string;
    readonly status: ToolResult['status'];
    readonly durationMs: number;
  };
}

export interface CellSummary {
  readonly turns: readonly TurnSummary[];
  readonly helpers: number;
  readonly durationMs: number;
  readonly usage: Usage;
  readonly cost?: number;
  readonly stop: StopReason;
}

/** Where a cell is not what the tape has of it. */
export interface Divergence {
  /** `request`: what the model is asked; `result`: what code comes to; `schema`: the tape itself is not as it was written. */
  readonly kind: 'request' | 'result' | 'code' | 'missing' | 'schema';
  readonly turn?: number;
  readonly helper?: number;
  /** One sentence. */
  readonly what: string;
  readonly recorded?: string;
  readonly found?: string;
  /** Of texts of several lines, as `diff -u` writes it. */
  readonly diff?: string;
}

/** What one compaction did. */
export interface CompactionCounts {
  /** Results. */
  readonly shortened: number;
  readonly summarisedCells: number;
  /** Prompts of older cells. */
  readonly shortenedPrompts: number;
}

/**
 * What the loop tells, in order, while a prompt cell runs:
 * given? (compaction? turn-start (prose | code | retry | source)* turn-end (helper-start helper-output* helper-end)?)* stop, with notices anywhere.
 */
export type LoopEvent =
  | { readonly type: 'turn-start'; readonly turn: number; readonly provider: string; readonly model: string }
  /** Text of the turn outside a helper block. */
  | { readonly type: 'prose'; readonly turn: number; readonly text: string }
  /** Text of the turn inside a helper block; `lang` is set from the block's first piece on. */
  | { readonly type: 'code'; readonly turn: number; readonly lang: string; readonly text: string }
  /** The turn's text so far is void: after `waitMs` attempt number `attempt` begins, because of `reason`. */
  | {
      readonly type: 'retry';
      readonly turn: number;
      readonly reason: string;
      readonly attempt: number;
      readonly waitMs: number;
    }
  /** Another than `turn-start` said answers this turn. */
  | { readonly type: 'source'; readonly turn: number; readonly provider: string; readonly model: string }
  | {
      readonly type: 'turn-end';
      readonly turn: number;
      readonly record: TurnRecord;
      readonly durationMs: number;
      /** What the service itself called the model, where that is another name. */
      readonly answered?: string;
      /** Absent: it is not for the tape. */
      readonly request?: TapedRequest;
    }
  | {
      readonly type: 'helper-start';
      readonly turn: number;
      readonly helper: number;
      readonly block: HelperBlock;
    }
  | {
      readonly type: 'helper-output';
      readonly turn: number;
      readonly helper: number;
      readonly output: WorkerOutput;
    }
  | {
      readonly type: 'helper-end';
      readonly turn: number;
      readonly helper: number;
      readonly block: HelperBlock;
      readonly result: ToolResult;
      /** What the model is given, exactly. */
      readonly forModel: string;
      readonly images?: readonly TapedImage[];
    }
  /** What the model was told before was rewritten, once, so that it fits or costs less. `text` says so to the reader. */
  | ({ readonly type: 'compaction'; readonly text: string } & CompactionCounts)
  | { readonly type: 'notice'; readonly text: string }
  | ({ readonly type: 'divergence' } & Divergence)
  /** What went to the model with the prompt, because the prompt points at it. */
  | {
      readonly type: 'given';
      readonly references: readonly {
        /** As it is written in the prompt. */
        readonly reference: string;
        readonly what: string;
        /** Where it was cut: characters that the model has, of how many. */
        readonly shown?: number | undefined;
        readonly of?: number | undefined;
        /** A file of the workspace, and what it held. */
        readonly file?: { readonly path: string; readonly sha256: string } | undefined;
      }[];
    }
  | {
      readonly type: 'stop';
      readonly summary: CellSummary;
      /** What was said with this cell, by content; absent: it is not for the tape. */
      readonly conversation?: string;
      /** What its results may depend on besides; absent: it was said before, or is not known. */
      readonly environment?: Environment;
      /** Files of the workspace that code has read since this was last said, and what they held. */
      readonly files?: readonly FileRead[];
      /** For every reason but `final`: name, sentence, and the command that mends it. */
      readonly problem?: { readonly ename: string; readonly sentence: string; readonly remedy: string };
      /** The final answer's text, for `final`. */
      readonly answer?: string;
    };

/** What stands around the events of attempts at a prompt: each attempt's come after its heading, and all of them before the end. */
type AttemptEvent =
  | {
      readonly type: 'attempt';
      /** Of its branch. */
      readonly name: string;
      /** Who answers, and how. */
      readonly what: string;
      /** What the first calls of all may use; with the first. */
      readonly estimate?: string | undefined;
    }
  /** All attempts are shown; what they came to. */
  | { readonly type: 'attempts'; readonly markdown: string; readonly text: string };

/** What a cell that is no prompt emits: its code's outputs as they are, or text of a magic. */
type CodeEvent =
  | { readonly type: 'output'; readonly output: WorkerOutput }
  | {
      readonly type: 'page';
      readonly markdown: string;
      readonly text: string;
      /** Shown in place of the Markdown, where the client can. */
      readonly svg?: string;
      /** Meant to be paged through, where the client can. */
      readonly pager?: boolean;
    };

/** Everything a running cell can show. The output emitter turns it into Jupyter messages. */
export type CellEvent = LoopEvent | AttemptEvent | CodeEvent;

/** How a cell ended, for the execute_reply. */
export type CellOutcome =
  | { readonly status: 'ok'; readonly userExpressions: Readonly<Record<string, unknown>> }
  | { readonly status: 'error'; readonly error: WorkerError; readonly interrupted: boolean };
