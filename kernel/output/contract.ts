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

export type EmitterFactory = (options: EmitterOptions) => CellEmitter;
