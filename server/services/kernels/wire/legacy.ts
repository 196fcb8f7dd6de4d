import { LIMITS } from '../../../../kernel/protocol/limits.ts';
import { membersOf } from './members.ts';
import { channelOf, partsOf, WireError, type ChannelMessage } from './message.ts';

/**
 * The form without a subprotocol, which the gateway client and Python's clients speak: JSON as text; with buffers a binary
 * frame of the number of parts and their offsets, each 32 bit and big-endian, then the JSON and the buffers.
 */

const wordBytes = 4;
const names = ['header', 'parent_header', 'metadata', 'content'] as const;

export function encodeLegacy(message: ChannelMessage): string | Buffer {
  const json = jsonOf(message);
  if (message.buffers.length === 0) return json;
  const pieces = [Buffer.from(json), ...message.buffers];
  const head = Buffer.allocUnsafe(wordBytes * (pieces.length + 1));
  head.writeUInt32BE(pieces.length, 0);
  let offset = head.length;
  for (const [index, piece] of pieces.entries()) {
    head.writeUInt32BE(offset, wordBytes * (index + 1));
    offset += piece.byteLength;
  }
  return Buffer.concat([head, ...pieces], offset);
}

/** @throws WireError */
export function decodeLegacy(frame: Buffer, isBinary: boolean): ChannelMessage {
  if (!isBinary) return fromJson(frame.toString('utf8'), []);
  const count = frame.length < wordBytes ? 0 : frame.readUInt32BE(0);
  if (count < 1 || count > LIMITS.frames || wordBytes * (count + 1) > frame.length) {
    throw new WireError('The frame has a wrong number of parts.');
  }
  const offsets = Array.from({ length: count }, (_, index) => frame.readUInt32BE(wordBytes * (index + 1)));
  const rising = offsets.every((offset, index) => offset >= (offsets[index - 1] ?? wordBytes * (count + 1)));
  if (!rising || Number(offsets.at(-1)) > frame.length)
    throw new WireError('The offsets of the frame are wrong.');
  const [json, ...buffers] = offsets.map((offset, index) => frame.subarray(offset, offsets[index + 1]));
  return fromJson(String(json), buffers);
}

/** `msg_id` and `msg_type` stand beside the header, too, as jupyter_server has it. */
function jsonOf({ channel, parts }: ChannelMessage): string {
  const [header, parent, metadata, content] = parts.map((part) => Buffer.from(part).toString('utf8'));
  const { msg_id, msg_type } = JSON.parse(String(header)) as Readonly<Record<string, unknown>>;
  return (
    `{"header":${header},"msg_id":${JSON.stringify(msg_id)},"msg_type":${JSON.stringify(msg_type)},` +
    `"parent_header":${parent},"metadata":${metadata},"content":${content},"buffers":[],"channel":"${channel}"}`
  );
}

function fromJson(json: string, buffers: readonly Uint8Array[]): ChannelMessage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new WireError('The message is no JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new WireError('The message is no JSON object.');
  }
  const members = membersOf(json);
  const { channel = 'shell' } = value as { channel?: unknown };
  if (typeof channel !== 'string') throw new WireError('The message names no channel of a kernel.');
  const parts = names.map((name) => {
    const text = members.get(name);
    const missing = text === undefined || text === 'null';
    return missing ? (name === 'header' ? undefined : Buffer.from('{}')) : Buffer.from(text);
  });
  return { channel: channelOf(channel), parts: partsOf(parts), buffers };
}
