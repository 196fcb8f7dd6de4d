import { rawMessage } from '../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import type { ChannelMessage } from './wire/message.ts';

/** Messages of iopub that the server itself says, in a session of its own. */

/** A state that only the server knows of. */
export function stateNotice(session: string, state: 'restarting' | 'dead'): ChannelMessage {
  const message = makeMessage('status', session, { execution_state: state });
  return { channel: 'iopub', ...rawMessage(message) };
}

/** Says that messages were left out. */
export function lostNotice(session: string, count: number): ChannelMessage {
  const text = `\n${count} messages of the kernel are missing here: the server had no room to keep them.\n`;
  const message = makeMessage('stream', session, { name: 'stderr', text });
  return { channel: 'iopub', ...rawMessage(message) };
}
