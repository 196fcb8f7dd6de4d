import type { CellEvent, CellOutcome } from '../loop/events.ts';
import type { Bundle, CommDelivery, Completeness, CompletionResult } from '../sandbox/contract.ts';

/** A cell to run, as the router hands it over. */
export interface CellRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly userExpressions: Readonly<Record<string, string>>;
  /** The number this cell has, `In [n]`. */
  readonly executionCount: number;
  /** The kernel's name of the cell, see `cellOf`; absent where its client does not name it. */
  readonly cell?: string | undefined;
  /** By which client it was sent, and when it came, on the clock of `performance.now`. */
  readonly sent?: { readonly client: string; readonly atMs: number };
  /** The kernel's names of cells that the person has deleted since the last request. */
  readonly deletedCells?: readonly string[];
  readonly signal: AbortSignal;
  readonly emit: (event: CellEvent) => void;
  /** Asks the person; absent where the client does not allow stdin. */
  readonly onInput?: (prompt: string, password: boolean, gone?: AbortSignal) => Promise<string>;
}

/** What a client said to a widget. */
export interface WidgetRequest {
  readonly comm: CommDelivery;
  readonly signal: AbortSignal;
  readonly emit: (event: CellEvent) => void;
}

/** What stands behind the wire: runs cells and answers the editor's questions. */
export interface Interpreter {
  execute(request: CellRequest): Promise<CellOutcome>;
  /** Hands code what a client said to one of its widgets; settles when the code has dealt with it. */
  deliver(request: WidgetRequest): Promise<void>;
  isComplete(code: string): Promise<Completeness | { status: 'unknown'; indent?: string }>;
  complete(code: string, cursorPos: number): Promise<CompletionResult>;
  inspect(code: string, cursorPos: number, detailLevel: 0 | 1): Promise<Bundle | undefined>;
  /** Ends the session's processes. */
  close(): Promise<void>;
}
