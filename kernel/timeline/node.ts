import type { Mark } from '../loop/mark.ts';
import type { ExecuteOutcome, RunOrigin } from '../sandbox/contract.ts';
import type { FileDelta } from './files/contract.ts';

/** A piece of code that was run. */
export interface Run {
  readonly language: string;
  readonly code: string;
  readonly origin?: RunOrigin | undefined;
  readonly status: ExecuteOutcome['status'];
  /** Of its error. */
  readonly ename?: string | undefined;
  readonly ms: number;
  readonly silent?: boolean | undefined;
  readonly storeHistory?: boolean | undefined;
  /** The code as it is kept on the disk is not what was run: a secret was taken out. */
  readonly isRedacted?: boolean | undefined;
}

/** What happened to Python's memory, in order. */
export type Step =
  | ({ readonly kind: 'run' } & Run)
  /** Another process took over, with the memory of that node, or with none. */
  | { readonly kind: 'restored'; readonly node?: number | undefined }
  /** Widgets were moved in the page. */
  | { readonly kind: 'widgets' }
  /** More than is kept: memory can't be had by running code again. */
  | { readonly kind: 'forgotten' };

/** What changed in the workspace between that node's state and this one's. */
interface FilesSince {
  readonly node: number;
  readonly delta: FileDelta;
}

type NodeKind =
  /** The session's beginning. */
  | 'start'
  | 'prompt'
  | 'code'
  /** What happened beside cells: widgets, code of the client's own, an earlier conversation that was brought back. */
  | 'beside';

/** The state after a cell. */
export interface TimelineNode {
  readonly id: number;
  /** Absent: the session's beginning. */
  parent: number | undefined;
  readonly kind: NodeKind;
  /** The kernel's name of the cell; absent where its client does not name it. */
  readonly cell?: string | undefined;
  readonly executionCount: number;
  /** How the cell's text begins. */
  readonly words: string;
  readonly tokens: number;
  /** US dollars; absent where no price is known. */
  readonly cost?: number | undefined;
  readonly failed?: boolean | undefined;
  /** Of the model. */
  readonly turns?: number | undefined;
  /** How long the cell took, in milliseconds. */
  readonly ms?: number | undefined;
  readonly talk: Mark;
  steps: readonly Step[];
  /** A copy of Python's memory. It may not live any more. */
  snapshot?: string | undefined;
  /** Absent: the files at this node are not known. */
  files?: FilesSince | undefined;
  /** The person has deleted the cell. */
  deleted?: boolean | undefined;
}
