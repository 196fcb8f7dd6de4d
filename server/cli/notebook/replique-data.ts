import { z } from 'zod';

/** The types of Replique's own data in outputs, as docs/reference/mime.md describes them. */
export const mimes = {
  turn: 'application/vnd.replique.turn+json',
  result: 'application/vnd.replique.result+json',
  cell: 'application/vnd.replique.cell+json',
  divergence: 'application/vnd.replique.divergence+json',
} as const;

const count = z.int().nonnegative();
const usage = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  cachedTokens: count.optional(),
  estimated: z.boolean().optional(),
});

/** A turn, read for people: what a newer version adds is passed over. */
export const turnSchema = z.looseObject({
  key: z.string().optional(),
  provider: z.string(),
  model: z.string(),
  params: z
    .looseObject({
      temperature: z.number().optional(),
      maxTokens: count.optional(),
      stop: z.array(z.string()).optional(),
    })
    .optional(),
  text: z.string(),
  helper: z.looseObject({ lang: z.string(), code: z.string(), hash: z.string().optional() }).optional(),
  usage: usage.optional(),
  cost: z.number().optional(),
  stop: z.string().optional(),
  final: z.boolean().default(false),
});
export type TurnData = z.infer<typeof turnSchema>;

/** How a helper failed. */
export const failureSchema = z.looseObject({
  status: z.string(),
  error: z.looseObject({ ename: z.string(), evalue: z.string() }).optional(),
  notice: z.string().optional(),
});

/** What a cell came to. */
export const cellSchema = z.looseObject({
  stop: z.string(),
  turns: z
    .array(
      z.looseObject({
        turn: count,
        helper: z.looseObject({ lang: z.string(), status: z.string() }).optional(),
      }),
    )
    .default([]),
  usage: usage.optional(),
  cost: z.number().optional(),
});

/** What differs from the tape. */
export const divergenceSchema = z.looseObject({
  version: z.literal(1),
  kind: z.enum(['request', 'result', 'code', 'missing', 'schema']),
  turn: count.optional(),
  helper: count.optional(),
  what: z.string(),
  recorded: z.string().optional(),
  found: z.string().optional(),
  diff: z.string().optional(),
});
export type Divergence = z.infer<typeof divergenceSchema>;

/** `metadata.replique` of an output. */
export const metadataSchema = z.looseObject({
  kind: z.string().optional(),
  turn: count.optional(),
  helper: count.optional(),
  final: z.boolean().optional(),
  durationMs: z.number().nonnegative().optional(),
  turns: z
    .array(
      z.looseObject({
        durationMs: z.number().nonnegative().optional(),
        helperDurationMs: z.number().nonnegative().optional(),
      }),
    )
    .optional(),
});
