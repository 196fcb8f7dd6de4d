import type { JsonParts, RawMessage } from '../../../../kernel/protocol/frames.ts';
import type { Channel } from '../sockets.ts';

/** A message as it goes over a WebSocket, in either direction. */
export interface ChannelMessage extends RawMessage {
  readonly channel: Channel;
}

/** What a client sent that is no message. The sentence is short enough for a close frame, and holds nothing of what came. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const channels: readonly string[] = ['shell', 'control', 'stdin', 'iopub'] satisfies Channel[];

/** @throws WireError */
export function channelOf(name: string): Channel {
  if (channels.includes(name)) return name as Channel;
  throw new WireError('The message names no channel of a kernel.');
}

/** @throws WireError where a part is missing */
export function partsOf(parts: readonly (Uint8Array | undefined)[]): JsonParts {
  const [header, parent, metadata, content] = parts;
  if (!header || !parent || !metadata || !content) throw new WireError('The message lacks a part.');
  return [header, parent, metadata, content];
}

/** Bytes that a message takes while it waits. */
export const sizeOf = ({ parts, buffers }: ChannelMessage): number =>
  [...parts, ...buffers].reduce((sum, { byteLength }) => sum + byteLength, 100);
