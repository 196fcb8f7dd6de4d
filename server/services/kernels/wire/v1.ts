import { LIMITS } from '../../../../kernel/protocol/limits.ts';
import { channelOf, partsOf, WireError, type ChannelMessage } from './message.ts';

/**
 * `v1.kernel.websocket.jupyter.org`, after jupyter_server's documentation (WebSocket protocols): the number of offsets, the
 * offsets from the frame's start (the last is its end), each 64 bit and little-endian; then channel, header, parent header,
 * metadata, content and buffers. The JSON is passed on as it is.
 */
export const v1Protocol = 'v1.kernel.websocket.jupyter.org';

const wordBytes = 8;
const fewestOffsets = 6;

export function encodeV1({ channel, parts, buffers }: ChannelMessage): Buffer {
  const pieces = [Buffer.from(channel), ...parts, ...buffers];
  const count = pieces.length + 1;
  const head = Buffer.allocUnsafe(wordBytes * (count + 1));
  head.writeBigUInt64LE(BigInt(count), 0);
  let offset = head.length;
  for (const [index, piece] of pieces.entries()) {
    writeWord(head, offset, wordBytes * (index + 1));
    offset += piece.byteLength;
  }
  writeWord(head, offset, wordBytes * count);
  return Buffer.concat([head, ...pieces], offset);
}

/** @throws WireError */
export function decodeV1(frame: Buffer): ChannelMessage {
  if (frame.length < wordBytes * (fewestOffsets + 1)) throw new WireError('The frame is too short.');
  const count = readWord(frame, 0);
  if (count < fewestOffsets || count > LIMITS.frames || wordBytes * (count + 1) > frame.length) {
    throw new WireError('The frame has a wrong number of parts.');
  }
  const offsets = Array.from({ length: count }, (_, index) => readWord(frame, wordBytes * (index + 1)));
  const rising = offsets.every((offset, index) => offset >= (offsets[index - 1] ?? wordBytes * (count + 1)));
  if (!rising || offsets.at(-1) !== frame.length) throw new WireError('The offsets of the frame are wrong.');
  const [channel, ...pieces] = offsets
    .slice(0, -1)
    .map((offset, index) => frame.subarray(offset, offsets[index + 1]));
  return {
    channel: channelOf(String(channel)),
    parts: partsOf(pieces.slice(0, 4)),
    buffers: pieces.slice(4),
  };
}

function writeWord(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

const readWord = (from: Buffer, at: number): number =>
  from.readUInt32LE(at) + from.readUInt32LE(at + 4) * 2 ** 32;
