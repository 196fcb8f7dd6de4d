import { z } from 'zod';

/** A session's file beyond this is neither written nor read: no model's context is as long. */
export const mostBytes = 64 * 2 ** 20;

/** Of so many earlier sessions it is said that one continues them. */
export const mostContinued = 20;

/** Of the form of a session's file. */
const version = 1;

const part = z.strictObject({
  kind: z.enum(['words', 'result', 'note']),
  text: z.string(),
  isDigest: z.boolean().optional(),
  of: z.string().max(100).optional(),
});

const entry = z.strictObject({
  role: z.enum(['user', 'assistant']),
  cell: z.int().min(0),
  parts: z.array(part).min(1).readonly(),
});

/** The messages of a session without the system's, whole. */
const talkSchema = z.strictObject({
  cell: z.int().min(0),
  trail: z
    .string()
    .regex(/^(?:[0-9a-f]{64})?$/)
    .optional(),
  entries: z
    .array(entry)
    .refine((entries) => entries.every(({ role }, at) => role === (at % 2 === 0 ? 'user' : 'assistant')), {
      error: 'the roles do not alternate',
    })
    .readonly(),
});

const keptModelSchema = z.strictObject({ provider: z.string().max(40), model: z.string().min(1).max(200) });

/** What is kept of a session, in a file of its own. */
export const savedSchema = z.strictObject({
  version: z.literal(version),
  session: z.uuid(),
  kernel: z.string().max(200),
  notebook: z.string().max(4096).optional(),
  /** When its last step was saved. */
  at: z.iso.datetime(),
  process: z.strictObject({ pid: z.int().positive(), started: z.string().max(40).optional() }),
  /** Absent: it was running when this was saved. */
  ended: z.enum(['end', 'restart']).optional(),
  prompts: z.int().min(0),
  /** The number of its last cell. */
  executionCount: z
    .int()
    .min(0)
    .max(2 ** 31)
    .default(0),
  /** Who answered; absent: nobody had been asked. */
  model: keptModelSchema.optional(),
  /** How the first prompt begins. */
  title: z.string().max(200),
  /** Sessions that it continues, the newest first: it may have been killed before it took up their timeline. */
  continues: z.array(z.uuid()).max(mostContinued).readonly().optional(),
  talk: talkSchema,
});

/** Whether a later version of Replique wrote it. */
export const isNewer = (content: unknown): boolean =>
  z.object({ version: z.int().gt(version) }).safeParse(content).success;

export type KeptModel = z.infer<typeof keptModelSchema>;
export type Talk = z.infer<typeof talkSchema>;
export type Saved = z.infer<typeof savedSchema>;
