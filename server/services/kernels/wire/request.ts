import { checkParts, DecodeError, parseHeader } from '../../../../kernel/protocol/frames.ts';
import type { Header } from '../../../../kernel/protocol/header.ts';
import type { RequestChannel } from '../sockets.ts';
import { WireError, type ChannelMessage } from './message.ts';

/**
 * What of a client's message decides where it goes. The rest is the kernel's to judge.
 * @throws WireError
 */
export function readRequest({ channel, parts }: ChannelMessage): {
  readonly channel: RequestChannel;
  readonly header: Header;
} {
  if (channel === 'iopub') throw new WireError('Clients send nothing on iopub.');
  try {
    checkParts(parts);
    return { channel, header: parseHeader(parts[0]) };
  } catch (error) {
    if (error instanceof DecodeError) throw new WireError(`The message can't be read: ${error.message}.`);
    throw error;
  }
}
