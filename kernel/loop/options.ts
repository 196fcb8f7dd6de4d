import type { ChatImage, Provider, Usage } from '../providers/contract.ts';
import type { ToolContext, ToolPlugin, ToolResult } from '../tools/contract.ts';
import type { Conversation } from './conversation.ts';
import type { HelperBlock, LoopEvent, TurnRecord } from './events.ts';
import type { Around } from './helper.ts';
import type { Given, GivenRoom } from './given.ts';
import type { Source } from './turn.ts';

/** The tools that helper blocks can name. */
export interface ToolRegistry {
  /** The tool of that name or alias. */
  get(name: string): ToolPlugin | undefined;
  /** The names, without aliases. */
  names(): readonly string[];
}

export interface ManagerOptions {
  readonly provider: Provider;
  readonly model: string;
  readonly tools: ToolRegistry;
  readonly params: { readonly temperature: number; readonly maxTokens: number };
  readonly maxTurns: number;
  /** Wall time of one helper; a block's own `timeout` can only shorten it. */
  readonly helperTimeoutMs: number;
  /** What the workspace holds, one file a line; bounded here. Absent: nothing is said of it. */
  readonly workspaceListing?: () => Promise<string>;
  /** Where files of this name are in the workspace, a few at most. */
  readonly filesNamed?: (name: string) => Promise<readonly string[]>;
  /** What stands in memory, one name a line. Absent: nothing is said of it. */
  readonly memoryListing?: () => Promise<string>;
  /** Stores a result that is cut for the model; returns the path at which helpers find it. Absent: it is not stored. */
  readonly keepResult?: (text: string) => string | undefined;
  /** US dollars for what a turn used; `undefined` where no price is known. Absent: none is. */
  readonly costOf?: (usage: Usage, source: Source) => number | undefined;
  /** Around each helper. Absent: none has to wait. */
  readonly around?: Around;
  /** Absent: a new one. */
  readonly conversation?: Conversation;
  /** Clock for durations, in milliseconds; absent: the system's. */
  readonly now?: () => number;
}

export interface ProcessOptions {
  /** Aborted: the cell ends at once, with stop reason `interrupted`. */
  readonly signal?: AbortSignal;
  /** Gets every event, in order, as it happens. Must not throw. */
  readonly emit?: (event: LoopEvent) => void;
  /** Finds what goes with the prompt because the prompt points at it. Absent: it points at nothing. */
  readonly give?: (room: GivenRoom) => Promise<Given>;
  /** Asks the person for a helper that wants input; absent where nobody can be asked. */
  readonly onInput?: NonNullable<ToolContext['onInput']>;
}

/** What one helper block came to. */
export interface HelperResult {
  readonly block: HelperBlock;
  readonly result: ToolResult;
  /** What the model is given, exactly. */
  readonly forModel: string;
  /** What it is given besides, where it sees. */
  readonly images: readonly ChatImage[];
}

/** A step of a cell. A cell that ends without a FINAL_ANSWER says why in its `stop` event and its summary. */
export interface ContinuationStep {
  readonly type: 'LLM_RESPONSE' | 'TOOL_EXECUTION' | 'FINAL_ANSWER';
  /** The response's text, what the model is given of the result, or the answer. */
  readonly content: string;
  readonly toolResults: readonly HelperResult[];
  readonly metadata: { readonly turn: number; readonly record: TurnRecord; readonly durationMs: number };
}
