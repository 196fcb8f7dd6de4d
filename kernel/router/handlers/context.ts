import type { Ports } from '../../protocol/messages.ts';
import type { Session } from '../contract.ts';
import type { Subshells } from '../subshells.ts';

/** What the handlers of requests may use. */
export interface HandlerContext {
  readonly session: () => Promise<Session>;
  /** Version of Replique. */
  readonly version: string;
  readonly ports: Ports | undefined;
  readonly subshells: Pick<Subshells, 'create' | 'delete' | 'list'>;
  /** Stops the running cell and aborts those that wait. */
  readonly interrupt: () => void;
  /** Ends cells and processes; settles when they have ended, or after a bounded time. */
  readonly endSession: (restart: boolean) => Promise<void>;
}

/** The number of code points in a text, which is how Jupyter counts a cursor's position. */
export const codePoints = (text: string): number => Array.from(text).length;
