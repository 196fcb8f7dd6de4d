import { LIMITS } from '../../../kernel/protocol/limits.ts';
import type { Parts } from './frames.ts';
import type { Json } from './values.ts';

const requests: readonly string[] = [
  ...['execute', 'kernel_info', 'is_complete', 'complete', 'inspect', 'history', 'comm_info', 'interrupt'],
  ...['connect', 'debug'],
  ...['create_subshell', 'delete_subshell', 'list_subshell', 'shutdown'],
].map((name) => `${name}_request`);

/** What a signed message must be answered with: a reply and idle, idle alone, or nothing. */
export interface Expectation {
  readonly wants: 'reply' | 'idle' | 'nothing';
  readonly header: Json;
  readonly content: Json;
}

const nothing: Expectation = { wants: 'nothing', header: {}, content: {} };

/** Judged by the specification, not by the kernel's own code. */
export function expectationOf(channel: string, parts: Parts): Expectation {
  const [header, parent, metadata, content] = parts.map(objectIn);
  if (!header || !parent || !metadata || !content || channel === 'stdin') return nothing;
  if (parts[0].length > LIMITS.headerBytes || parts[1].length > LIMITS.headerBytes) return nothing;
  if (parts[2].length + parts[3].length > LIMITS.jsonBytes) return nothing;
  if (depthOf(parts[2].toString()) > LIMITS.depth || depthOf(parts[3].toString()) > LIMITS.depth)
    return nothing;
  const { msg_id, msg_type, session } = header;
  if (typeof msg_id !== 'string' || typeof msg_type !== 'string' || typeof session !== 'string')
    return nothing;
  if (msg_id === '' || msg_type === '') return nothing;
  if (requests.includes(msg_type)) return { wants: 'reply', header, content };
  if (/^comm_(?:open|msg|close)$/.test(msg_type)) return { wants: 'idle', header, content };
  return nothing;
}

function objectIn(part: Buffer): Json | undefined {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(part),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** How deep brackets stand in one another, those of strings left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/[[\]{}]/g) ?? []) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
