import { z } from 'zod';
import { fileDeltaSchema } from '../files/contract.ts';

/** The lines of a journal, one JSON object each. Of a newer version none is read. */
export const journalVersion = 1;

/** A journal beyond this is neither written on nor read. */
export const mostJournalBytes = 256 * 2 ** 20;

const id = z
  .int()
  .min(0)
  .max(2 ** 31);
const cellName = z.string().max(100);
const branchName = z.string().min(1).max(60);

const origin = z.union([
  z.strictObject({ kind: z.literal('helper'), turn: id, helper: id }),
  z.strictObject({ kind: z.enum(['cell', 'kernel']) }),
]);

const step = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    language: z.string().min(1).max(100),
    code: z.string(),
    origin: origin.optional(),
    status: z.enum(['ok', 'error', 'interrupted', 'timeout', 'limit', 'died']),
    ename: z.string().max(1000).optional(),
    ms: z.number().min(0),
    silent: z.boolean().optional(),
    storeHistory: z.boolean().optional(),
    isRedacted: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal('restored'), node: id.optional() }),
  z.strictObject({ kind: z.enum(['widgets', 'forgotten']) }),
]);

/** A part of a message, written once however many nodes have it. */
const part = z.strictObject({
  type: z.literal('part'),
  id,
  kind: z.enum(['words', 'result', 'note']),
  text: z.string(),
  isDigest: z.boolean().optional(),
  of: cellName.optional(),
});

/** The first `same` messages are those of the node before. */
const talk = z.strictObject({
  cell: id,
  same: id,
  trail: z.string().max(64).optional(),
  entries: z.array(z.tuple([z.enum(['user', 'assistant']), id, z.array(id)])),
});

const node = z.strictObject({
  type: z.literal('node'),
  id,
  parent: id.optional(),
  kind: z.enum(['start', 'prompt', 'code', 'beside']),
  cell: cellName.optional(),
  executionCount: id,
  words: z.string().max(200),
  tokens: z.number().min(0),
  cost: z.number().min(0).optional(),
  failed: z.boolean().optional(),
  turns: id.optional(),
  ms: z.number().min(0).optional(),
  steps: z.array(step),
  talk,
});

const files = z.strictObject({ type: z.literal('files'), of: id, node: id, delta: fileDeltaSchema });

const standing = z.strictObject({
  type: z.literal('standing'),
  head: id,
  on: branchName,
  tips: z.record(branchName, id),
});

const deleted = z.strictObject({ type: z.literal('deleted'), nodes: z.array(id) });
const dropped = z.strictObject({ type: z.literal('dropped'), node: id });

export const firstLine = z.looseObject({ type: z.literal('timeline'), version: z.int() });
export const lineSchema = z.discriminatedUnion('type', [part, node, files, standing, deleted, dropped]);

export type Line = z.infer<typeof lineSchema>;
export type NodeLine = z.infer<typeof node>;
export type PartLine = z.infer<typeof part>;
