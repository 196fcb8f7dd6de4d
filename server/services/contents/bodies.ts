import { z } from 'zod';

/** A type that nobody knows counts as a file, as with jupyter_server. */
const type = z
  .enum(['directory', 'file', 'notebook'])
  .or(
    z
      .string()
      .max(100)
      .transform((value) => (value === '' ? undefined : ('file' as const))),
  )
  .nullish()
  .transform((value) => value ?? undefined);

const path = z.string().max(4096);

/** `POST`: what to make, or what to copy. */
export const newBody = z.object({
  copy_from: path.nullish(),
  type,
  ext: z.string().max(255).nullish(),
});

/** `PUT` */
export const saveBody = z.object({
  type,
  format: z.string().max(100).nullish(),
  content: z.unknown().optional(),
  /** From 1; -1 is the last. */
  chunk: z.number().int().min(-1).nullish(),
  path: path.nullish(),
  copy_from: path.nullish(),
});

/** `PATCH`: the new path. */
export const renameBody = z.object({ path: path.nullish() });

export const getQuery = z.object({
  type,
  format: z.enum(['text', 'base64'], 'Format is invalid: it must be text or base64').optional(),
  content: z.enum(['0', '1'], "Content is invalid: it must be '0' or '1'").default('1'),
  hash: z.enum(['0', '1'], "Hash argument is invalid: it must be '0' or '1'").default('0'),
});

export type NewBody = z.infer<typeof newBody>;
export type SaveBody = z.infer<typeof saveBody>;
