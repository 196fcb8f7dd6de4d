import type { Envelope, Message } from '../protocol/header.ts';

/** Channels on which a client asks and is answered. */
export type RequestChannel = 'shell' | 'control' | 'stdin';

/** What carries messages between the kernel and its clients. Only messages that were checked are delivered. */
export interface Transport {
  /** Begins to deliver; call it once. Messages of one channel come in order. The handler must not throw. */
  receive(handler: (channel: RequestChannel, envelope: Envelope) => void): void;
  /** Sends to the client that the identities name. Order within a channel is kept. */
  send(channel: RequestChannel, envelope: Envelope): void;
  /** Sends to everyone who listens on iopub. Throws for content that is no JSON. */
  publish(message: Message): void;
  /** Delivers nothing more, lets what was sent get out, and closes. */
  close(): Promise<void>;
}
