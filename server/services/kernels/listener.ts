import type { Header } from '../../../kernel/protocol/header.ts';
import type { Received } from './sockets.ts';
import type { ChannelMessage } from './wire/message.ts';

/** Who follows all that goes to and from one kernel, before its clients are told. */
export interface KernelListener {
  /** A request goes to the kernel. */
  requested(session: string, header: Header, message: ChannelMessage): void;
  received(message: Received): void;
  /** @param isWhole whether it is given all that came since it was here last */
  attached(session: string, isWhole: boolean): void;
  /** @param code how its connection was closed (RFC 6455, 7.4) */
  detached(session: string, code: number): void;
  /** What was asked before the kernel was taken over is done: the kernel has worked on all of it. */
  answered(): void;
  /** The process has ended: what it had not answered it never will. */
  stopped(): void;
  /** The kernel is gone for good. */
  ended(): void;
}
