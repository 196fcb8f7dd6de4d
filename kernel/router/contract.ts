import type { Interpreter } from '../interpreter/contract.ts';
import type { EmitterFactory, OpenComms } from '../output/contract.ts';

/** Keeps what of a session outlives its kernel. */
export interface SessionKeeper {
  /** The number of the last cell before a crash of the kernel, where its session goes on; else 0. */
  lastCount(): number;
  /** A cell has got this number. */
  counted(executionCount: number): void;
  /** A client has asked for the session's end. Never rejects. */
  end(how: 'end' | 'restart'): Promise<void>;
}

/** What stands behind the wire. */
export interface Session {
  readonly interpreter: Interpreter;
  readonly createEmitter: EmitterFactory;
  readonly comms: OpenComms;
  /** Absent: nothing is kept of it. */
  readonly keeper?: SessionKeeper;
}

/** A session that begins when it is needed, so that a client is told at once who the kernel is. */
export interface LateSession {
  /** Settles when it has begun. */
  ready(): Promise<Session>;
  /** `undefined` where nothing has needed it yet. */
  begun(): Promise<Session> | undefined;
}
