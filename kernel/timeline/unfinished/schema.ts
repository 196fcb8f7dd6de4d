import { z } from 'zod';
import { entrySchema, hashSchema } from '../files/contract.ts';
import { mostPath } from '../files/ignored.ts';

/** A record beyond this is neither written nor read. */
export const mostRecordBytes = 64 * 2 ** 20;

/** Where records lie, below the directory of all timelines. */
export const recordsDir = 'moves';

/** A move of files that has begun, as it is kept until it has ended. */
export const recordSchema = z.strictObject({
  version: z.literal(1),
  session: z.uuid(),
  workspace: z.string().min(1).max(4096),
  process: z.strictObject({ pid: z.int().positive(), started: z.string().max(40).optional() }),
  /** Once the timeline's standing is at this node, the move has ended. Absent: it ends elsewhere. */
  to: z.int().min(0).optional(),
  /** Code is run again meanwhile, which writes files. */
  reruns: z.boolean(),
  files: z.array(
    z.strictObject({
      path: z.string().min(1).max(mostPath),
      was: entrySchema.optional(),
      ours: z.array(hashSchema),
    }),
  ),
});

export type MoveRecord = z.infer<typeof recordSchema>;
