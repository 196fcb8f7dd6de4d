import type { CellEvent } from '../loop/events.ts';
import type { CommDelivery } from '../sandbox/contract.ts';

/** One message for iopub, before header and signature; the router gives it the parent of the running request. */
export interface IopubMessage {
  readonly msg_type:
    | 'stream'
    | 'display_data'
    | 'update_display_data'
    | 'execute_result'
    | 'clear_output'
    | 'error'
    | 'comm_open'
    | 'comm_msg'
    | 'comm_close';
  readonly content: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

/** Turns the events of one running cell into iopub messages, through the output firewall. */
export interface CellEmitter {
  emit(event: CellEvent): void;
  /** Publishes what is still held back (coalesced streams, the last state of a turn). Call before the reply and before a question. */
  flush(): void;
}

export interface EmitterOptions {
  /** `lines`: for a client that shows text as it comes and never changes it. */
  readonly form: 'document' | 'lines';
  readonly executionCount: number;
  /** Unique for the session: display ids begin with it. */
  readonly sessionId: string;
  /** The id of the request that runs; widgets name it. */
  readonly requestId: string;
  readonly publish: (message: IopubMessage) => void;
  /** Absent: what is meant to be paged through is shown as an output. */
  readonly pager?: Pager;
}

/** A client's pager, which comes with the reply. */
export interface Pager {
  /** Whether the client is known to have one; otherwise it gets the text as an output, too. */
  readonly isKnown: boolean;
  readonly page: (data: Readonly<Record<string, unknown>>) => void;
}

/** What the firewall kept from the page, of one helper or of a cell's own code. */
export interface Refused {
  readonly cell: number;
  readonly turn?: number;
  readonly helper?: number;
  /** MIME types of what was taken out, each once; `unknown` for what has no proper name. */
  readonly types: string[];
  /** Beyond the bounds. */
  readonly outputs: number;
  readonly characters: number;
}

/** The comms of widgets that are open in this session. */
export interface OpenComms {
  /** Those of a target, or all, as `comm_info_reply` has them. */
  list(target?: string): Readonly<Record<string, { readonly target_name: string }>>;
  /** Whether code may be handed what a client sent; a comm that the client closes is closed. */
  admit(delivery: CommDelivery): boolean;
}

export type EmitterFactory = (options: EmitterOptions) => CellEmitter;
