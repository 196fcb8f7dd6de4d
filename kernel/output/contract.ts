import type { CellEvent } from '../loop/events.ts';

/** One message for iopub, before header and signature; the router gives it the parent of the running request. */
export interface IopubMessage {
  readonly msg_type:
    'stream' | 'display_data' | 'update_display_data' | 'execute_result' | 'clear_output' | 'error';
  readonly content: Readonly<Record<string, unknown>>;
}

/** Turns the events of one running cell into iopub messages, through the output firewall. */
export interface CellEmitter {
  emit(event: CellEvent): void;
  /** Publishes what is still held back (coalesced streams, the last state of a turn). Call before the reply and before a question. */
  flush(): void;
}

export interface EmitterOptions {
  readonly executionCount: number;
  /** Unique for the session: display ids begin with it. */
  readonly sessionId: string;
  readonly publish: (message: IopubMessage) => void;
}

export type EmitterFactory = (options: EmitterOptions) => CellEmitter;
