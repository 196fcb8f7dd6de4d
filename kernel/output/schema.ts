import { z } from 'zod';
import { environmentSchema, fileReadSchema } from '../environment/schema.ts';

/** The MIME types of Replique's own data, as docs/reference/mime.md describes them. */
export const mime = {
  turn: 'application/vnd.replique.turn+json',
  result: 'application/vnd.replique.result+json',
  cell: 'application/vnd.replique.cell+json',
  tape: 'application/vnd.replique.tape+json',
  divergence: 'application/vnd.replique.divergence+json',
} as const;

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const milliseconds = z.number().nonnegative();
const helperStatus = z.enum(['ok', 'error', 'interrupted', 'timeout', 'limit', 'died']);

const usage = z.strictObject({
  inputTokens: count,
  outputTokens: count,
  cachedTokens: count,
  estimated: z.boolean(),
});

const helperBlock = z.strictObject({
  lang: z.string(),
  code: z.string(),
  title: z.string().optional(),
  timeoutMs: milliseconds.optional(),
  hash: sha256,
});

/** `application/vnd.replique.turn+json`: one turn of the model, keyed by its content. */
export const turnSchema = z.strictObject({
  version: z.literal(1),
  key: sha256,
  provider: z.string(),
  model: z.string(),
  params: z.strictObject({
    temperature: z.number(),
    maxTokens: count,
    stop: z.array(z.string()),
    begin: z.string().optional(),
  }),
  text: z.string(),
  helper: helperBlock.optional(),
  usage,
  cost: z.number().nonnegative().optional(),
  stop: z.enum(['stop', 'length', 'filtered', 'aborted', 'error']),
  final: z.boolean(),
});

/** `application/vnd.replique.result+json`: how a helper failed. */
export const resultSchema = z.strictObject({
  version: z.literal(1),
  lang: z.string(),
  hash: sha256,
  status: helperStatus.exclude(['ok']),
  error: z.strictObject({ ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) }).optional(),
  notice: z.string().optional(),
});
export type ResultData = z.infer<typeof resultSchema>;

/** `application/vnd.replique.cell+json`: what a cell came to. */
export const cellSchema = z.strictObject({
  version: z.literal(1),
  stop: z.enum([
    'final',
    'interrupted',
    'turn-limit',
    'repetition',
    'no-progress',
    'refusal',
    'malformed',
    'empty',
    'overflow',
    'budget',
    'provider',
    'sandbox',
  ]),
  turns: z.array(
    z.strictObject({
      turn: count,
      model: z.string(),
      usage,
      helper: z.strictObject({ lang: z.string(), status: helperStatus }).optional(),
    }),
  ),
  helpers: count,
  usage,
  cost: z.number().nonnegative().optional(),
});
export type CellData = z.infer<typeof cellSchema>;

const images = z
  .array(z.strictObject({ mime: z.string().max(100), sha256 }))
  .max(100)
  .optional();
/** Empty: nothing was said yet. */
const trail = z.string().regex(/^(?:[0-9a-f]{64})?$/);

/** `application/vnd.replique.tape+json` in a turn: what the model was given, so that the cell can be replayed. */
export const turnTapeSchema = z.strictObject({
  version: z.literal(1),
  conversation: trail,
  given: z
    .array(
      z.strictObject({
        kind: z.enum(['words', 'result', 'note']),
        text: z.string().max(1_000_000),
        images,
      }),
    )
    .max(1000),
  room: z.strictObject({ chars: count, allChars: count, sees: z.boolean() }).optional(),
  result: z.strictObject({ status: helperStatus, text: z.string().max(1_000_000), images }).optional(),
  seal: sha256,
});
export type TurnTape = z.infer<typeof turnTapeSchema>;

/** The same type in a cell's footer: who recorded it, and what had been said by its end. */
export const cellTapeSchema = z.strictObject({
  version: z.literal(1),
  replique: z.string().max(100),
  conversation: trail,
});
export type CellTape = z.infer<typeof cellTapeSchema>;

/** `application/vnd.replique.divergence+json`: where a cell is not what the tape has of it. */
export const divergenceSchema = z.strictObject({
  version: z.literal(1),
  kind: z.enum(['request', 'result', 'code', 'missing', 'schema']),
  turn: count.optional(),
  helper: count.optional(),
  what: z.string(),
  recorded: z.string().optional(),
  found: z.string().optional(),
  diff: z.string().optional(),
});
export type DivergenceData = z.infer<typeof divergenceSchema>;

/** `metadata.replique` of an output: where it belongs, and what changes from run to run. */
export const metadataSchema = z.strictObject({
  kind: z.enum(['turn', 'helper', 'cell', 'notice', 'given', 'divergence', 'attempt', 'failure', 'attempts']),
  attempt: z
    .strictObject({
      name: z.string().max(100),
      what: z.string().max(1000),
      estimate: z.string().max(1000).optional(),
    })
    .optional(),
  problem: z.strictObject({ ename: z.string(), sentence: z.string(), remedy: z.string() }).optional(),
  references: z
    .array(
      z.strictObject({
        reference: z.string(),
        what: z.string(),
        shown: count.optional(),
        of: count.optional(),
        file: z
          .strictObject({ path: z.string().max(4096), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
          .optional(),
      }),
    )
    .optional(),
  turn: count.optional(),
  helper: count.optional(),
  final: z.boolean().optional(),
  streaming: z.boolean().optional(),
  durationMs: milliseconds.optional(),
  turns: z
    .array(z.strictObject({ durationMs: milliseconds, helperDurationMs: milliseconds.optional() }))
    .optional(),
  environment: environmentSchema.optional().catch(undefined),
  files: z.array(fileReadSchema).max(1000).optional().catch(undefined),
});
export type RepliqueMetadata = z.infer<typeof metadataSchema>;
