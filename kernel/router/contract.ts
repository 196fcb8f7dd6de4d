import type { Interpreter } from '../interpreter/contract.ts';
import type { EmitterFactory, OpenComms } from '../output/contract.ts';
import type { HistoryEntry, RequestContent } from '../protocol/messages.ts';

/** Keeps what of a session outlives its kernel. */
export interface SessionKeeper {
  /** The number of the last cell before a crash of the kernel, where its session goes on; else 0. */
  lastCount(): number;
  /** A cell has got this number. */
  counted(executionCount: number): void;
  /** A client has asked for the session's end. Never rejects. */
  end(how: 'end' | 'restart'): Promise<void>;
}

/** What was run, here and in earlier kernels. */
interface CellHistory {
  /** A cell has begun, or it has come to an output, the text of `Out[line]`. Must not throw. */
  add(line: number, source: string, output?: string): void;
  /** As history_reply has them. Never rejects. */
  find(query: RequestContent<'history_request'>): Promise<readonly HistoryEntry[]>;
}

/** What stands behind the wire. */
export interface Session {
  readonly interpreter: Interpreter;
  readonly createEmitter: EmitterFactory;
  readonly comms: OpenComms;
  /** Absent: nothing is kept of it. */
  readonly keeper?: SessionKeeper;
  /** Absent: there is none. */
  readonly history?: CellHistory;
}

/** A session that begins when it is needed, so that a client is told at once who the kernel is. */
export interface LateSession {
  /** Settles when it has begun. */
  ready(): Promise<Session>;
  /** `undefined` where nothing has needed it yet. */
  begun(): Promise<Session> | undefined;
}
