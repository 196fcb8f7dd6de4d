import { z } from 'zod';

/**
 * What a provider and the model host say to each other: JSON, one message a line, one request a connection. The host
 * greets first. A connection that is closed ends its request.
 */

export const protocolVersion = 3;
/** Has the version, so that kernels of different versions don't meet in one host. */
export const socketName = `model-host-${String(protocolVersion)}.sock`;

const usageSchema = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  cachedTokens: z.int().min(0),
});
/** Tokens of a generation so far; `inputTokens` includes `cachedTokens`. */
export type HostUsage = z.infer<typeof usageSchema>;

const path = z.string().min(1).max(4096);

const generateSchema = z.object({
  type: z.literal('generate'),
  path,
  /** Requests of one conversation share a sequence, whose evaluated prefix is used again. */
  conversation: z.string().min(1).max(64),
  messages: z
    .array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
    .min(1)
    .max(10_000),
  maxTokens: z.int().min(1).max(1_000_000),
  temperature: z.number().min(0).max(10),
  stop: z.array(z.string().min(1).max(1000)).max(64),
  seed: z.int().min(0).max(0xffffffff).optional(),
  /** What the reply begins with: what we put there, or all of a reply that is to go on. */
  begin: z.string().max(1_100_000).optional(),
});
export type HostGenerate = z.infer<typeof generateSchema>;

export const hostRequest = z.discriminatedUnion('type', [
  generateSchema,
  z.object({ type: z.literal('ping'), path }),
  z.object({ type: z.literal('info'), path }),
]);
export type HostRequest = z.infer<typeof hostRequest>;

export const failureKinds = ['overflow', 'setup', 'server', 'bad-request'] as const;

export const hostReply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.literal(protocolVersion), pid: z.int() }),
  z.object({ type: z.literal('waiting'), reason: z.enum(['queue', 'model']) }),
  z.object({ type: z.literal('text'), text: z.string(), usage: usageSchema }),
  z.object({ type: z.literal('done'), reason: z.enum(['stop', 'length']), usage: usageSchema }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('info'), contextLength: z.int().min(1) }),
  z.object({ type: z.literal('failed'), kind: z.enum(failureKinds), message: z.string().max(4000) }),
]);
export type HostReply = z.infer<typeof hostReply>;

/** Longest line either side accepts, in bytes: a full context of text many times over. */
const maxLineBytes = 32 * 1024 * 1024;

/** Cuts a byte stream into lines. `push` throws RangeError once a line is too long. */
export class LineReader {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(limit = maxLineBytes) {
    this.#limit = limit;
  }

  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#bytes = 0;
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  #add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#limit) throw new RangeError('line too long');
    if (bytes.length > 0) this.#parts.push(bytes);
  }
}

/** A message as a line. */
export const encode = (message: HostRequest | HostReply): string => `${JSON.stringify(message)}\n`;
