import { z } from 'zod';

/**
 * What `kernel.js setup` and `kernel.js check` say on stdout, one JSON object a line, and the command line tool reads.
 */

const progress = z.object({
  type: z.literal('progress'),
  label: z.string(),
  doneBytes: z.number(),
  totalBytes: z.number(),
});

/** Events of a set-up; an `ask` is answered by one line `yes` or `no` on stdin. */
export const setupEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('step'), text: z.string() }),
  progress,
  z.object({ type: z.literal('ask'), question: z.string() }),
  z.object({ type: z.literal('failed'), sentence: z.string(), remedy: z.string() }),
  z.object({ type: z.literal('done') }),
]);
export type SetupEvent = z.infer<typeof setupEvent>;

const checkLine = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** `false`: the main job runs without it. */
  needed: z.boolean(),
  detail: z.string(),
  remedy: z.string().optional(),
});
export type CheckLine = z.infer<typeof checkLine>;

/** The system check. `ok` is false if the main job can't run. */
export const checkReport = z.object({ ok: z.boolean(), lines: z.array(checkLine) });
export type CheckReport = z.infer<typeof checkReport>;
