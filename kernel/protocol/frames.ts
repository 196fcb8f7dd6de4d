import { z } from 'zod';
import type { Envelope, Header, JsonObject, Message, ParentHeader } from './header.ts';
import { LIMITS } from './limits.ts';
import type { Signer } from './signer.ts';

/**
 * The ZeroMQ multipart form of a message: identities, `<IDS|MSG>`, signature, header, parent header, metadata,
 * content, buffers. Both the kernel and its clients read and write it with these functions.
 */

const DELIMITER = Buffer.from('<IDS|MSG>');

/** Frames that are no message for us. The text says why and holds nothing of the frames. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

const identity = z.looseObject({
  msg_id: z.string().min(1),
  msg_type: z.string().min(1),
  session: z.string(),
});

/** Header, parent header, metadata and content, each as JSON in UTF-8. */
export type JsonParts = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** A message of which nothing has been parsed: what passes it on need not. */
export interface RawMessage {
  readonly parts: JsonParts;
  readonly buffers: readonly Uint8Array[];
}

/**
 * Takes a message out of its frames and checks sizes and signature.
 * @throws DecodeError, and nothing else, for frames that are malformed, too large, unsigned, wrongly signed or replayed.
 */
export function openFrames(
  frames: readonly Uint8Array[],
  signer: Signer,
): RawMessage & Pick<Envelope, 'identities'> {
  checkSizes(frames);
  const delimiter = frames.slice(0, LIMITS.identities + 1).findIndex((frame) => DELIMITER.equals(frame));
  if (delimiter < 0) throw new DecodeError('no delimiter');
  const identities = frames.slice(0, delimiter);
  if (identities.some((frame) => frame.byteLength > LIMITS.identityBytes)) {
    throw new DecodeError('an identity is too long');
  }
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(delimiter + 1);
  if (!signature || !header || !parent || !metadata || !content) throw new DecodeError('frames are missing');
  const parts: JsonParts = [header, parent, metadata, content];
  checkParts(parts);
  const verdict = signer.verify(signature, parts);
  if (verdict !== 'valid') throw new DecodeError(`the signature is ${verdict}`);
  return { identities, parts, buffers };
}

/**
 * Reads a message.
 * @throws DecodeError, and nothing else, as `openFrames`, and for JSON that is no message
 */
export function decodeFrames(frames: readonly Uint8Array[], signer: Signer): Envelope {
  const { identities, parts, buffers } = openFrames(frames, signer);
  const [header, parent, metadata, content] = parts;
  return {
    identities,
    message: {
      header: parseHeader(header),
      parent_header: parseParent(parent),
      metadata: bounded(parseObject(metadata, 'metadata'), 'metadata'),
      content: bounded(parseObject(content, 'content'), 'content'),
      buffers,
    },
  };
}

/** Writes a message. Throws where the content is no JSON, which is a bug of the caller. */
export function encodeFrames({ identities, message }: Envelope, signer: Signer): Uint8Array[] {
  return sealFrames(identities, rawMessage(message), signer);
}

/** A message with its JSON written out. */
export function rawMessage({ header, parent_header, metadata, content, buffers }: Message): RawMessage {
  const [first, second, third, fourth] = [header, parent_header, metadata, content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  ) as [Buffer, Buffer, Buffer, Buffer];
  return { parts: [first, second, third, fourth], buffers };
}

/** Signs a message and puts it into frames. */
export function sealFrames(
  identities: readonly Uint8Array[],
  { parts, buffers }: RawMessage,
  signer: Signer,
): Uint8Array[] {
  return [...identities, DELIMITER, signer.sign(parts), ...parts, ...buffers];
}

/**
 * Checks the sizes of a message's JSON.
 * @throws DecodeError
 */
export function checkParts([header, parent, metadata, content]: JsonParts): void {
  if (header.byteLength > LIMITS.headerBytes || parent.byteLength > LIMITS.headerBytes) {
    throw new DecodeError('a header is too large');
  }
  if (metadata.byteLength + content.byteLength > LIMITS.jsonBytes)
    throw new DecodeError('the content is too large');
}

function checkSizes(frames: readonly Uint8Array[]): void {
  if (frames.length > LIMITS.frames) throw new DecodeError('too many frames');
  let total = 0;
  for (const frame of frames) total += frame.byteLength;
  if (total > LIMITS.totalBytes) throw new DecodeError('the message is too large');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(frame: Uint8Array, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(frame));
  } catch {
    throw new DecodeError(`the ${name} is no JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DecodeError(`the ${name} is no JSON object`);
  }
  return value as JsonObject;
}

function bounded(object: JsonObject, name: string): JsonObject {
  if (isDeeper(object, LIMITS.depth)) throw new DecodeError(`the ${name} is nested too deep`);
  return object;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}

/**
 * Reads a header, or
 * @throws DecodeError
 */
export function parseHeader(frame: Uint8Array): Header {
  const header = plainValues(parseObject(frame, 'header'));
  if (!identity.safeParse(header).success) throw new DecodeError('the header lacks a field');
  return header as Header;
}

/**
 * Reads a parent header, `{}` where there is none, or
 * @throws DecodeError
 */
export function parseParent(frame: Uint8Array): ParentHeader {
  return plainValues(parseObject(frame, 'parent header'));
}

function plainValues(object: JsonObject): ParentHeader {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => typeof value !== 'object' || value === null),
  ) as ParentHeader;
}
