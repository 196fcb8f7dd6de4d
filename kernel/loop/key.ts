import { createHash } from 'node:crypto';
import type { ChatMessage } from '../providers/contract.ts';
import type { TurnRecord } from './events.ts';

/** SHA-256 of a text's UTF-8 bytes, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * Canonical JSON: keys sorted by UTF-16 code unit, no white space, numbers and strings as JSON.stringify writes them
 * (RFC 8785 for what JSON can hold). Keys whose value is undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The key of a turn: the same request has the same key at any provider. Images count by the SHA-256 of their base64. */
export function turnKey(
  model: string,
  params: TurnRecord['params'],
  messages: readonly ChatMessage[],
): string {
  const keyed = messages.map(({ images, ...message }) =>
    images === undefined
      ? message
      : { ...message, images: images.map(({ mime, data }) => ({ mime, sha256: sha256(data) })) },
  );
  return sha256(canonicalJson({ model, params, messages: keyed }));
}
