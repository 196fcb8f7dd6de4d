import type { ExecuteOutcome, RunOrigin, WorkerOutput } from '../sandbox/contract.ts';

/** What a helper block's language can do, for prompts, policy and the system check. */
interface ToolCapabilities {
  /** One line for the model. */
  readonly description: string;
  /** Memory stays between blocks. */
  readonly stateful: boolean;
  /** What editors call the language, where that is not its name here. */
  readonly highlight?: string;
}

export interface ToolContext {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Where the block stands; absent outside of a turn. */
  readonly origin?: RunOrigin;
  readonly onOutput: (output: WorkerOutput) => void;
  readonly onInput?: (prompt: string, password: boolean, gone?: AbortSignal) => Promise<string>;
}

/** `ok: false` refuses the code before it runs; `problem` teaches the model why, with line and caret where there is one. */
export type Validation = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export type ToolResult = ExecuteOutcome;

/** One language or tool that helper blocks can name. One file each in `kernel/tools/`. */
export interface ToolPlugin {
  /** The `lang` of a helper block. */
  readonly name: string;
  readonly aliases: readonly string[];
  execute(code: string, context: ToolContext): Promise<ToolResult>;
  getCapabilities(): ToolCapabilities;
  validateCode(code: string): Promise<Validation>;
}
