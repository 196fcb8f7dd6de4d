import type { Envelope, Message } from '../protocol/header.ts';

/** Channels on which a client asks and is answered. */
export type RequestChannel = 'shell' | 'control' | 'stdin';

/** What carries messages between the kernel and its clients. Only messages that were checked are delivered. */
export interface Transport {
  /** Begins to deliver; call it once. Messages of one channel come in order. The handler must not throw. */
  receive(handler: (channel: RequestChannel, envelope: Envelope) => void): void;
  /** Sends to the client that the identities name. Order within a channel is kept. */
  send(channel: RequestChannel, envelope: Envelope): void;
  /**
   * Sends to everyone who listens on iopub. It is written down later, so that what it tells of need not wait for it: it
   * must not change. Content that is no JSON is not sent; either this throws, or the log tells of it.
   */
  publish(message: Message): void;
  /** Delivers nothing more, lets what was sent get out, and closes. */
  close(): Promise<void>;
}
