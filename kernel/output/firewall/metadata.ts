import { z } from 'zod';

const pixels = z.number().positive().max(10_000);
const allowed = z.object({
  width: pixels.optional().catch(undefined),
  height: pixels.optional().catch(undefined),
  needs_background: z.enum(['light', 'dark']).optional().catch(undefined),
  unconfined: z.boolean().optional().catch(undefined),
});

/** The metadata of a bundle that only says how large an image is shown, for the MIME types that are left in it. */
export function safeMetadata(
  metadata: Readonly<Record<string, unknown>>,
  types: readonly string[],
): Record<string, unknown> {
  const kept = sizes(metadata);
  for (const type of types) {
    const inner = sizes(metadata[type]);
    if (Object.keys(inner).length > 0) kept[type] = inner;
  }
  return kept;
}

function sizes(value: unknown): Record<string, unknown> {
  const parsed = allowed.safeParse(value);
  return parsed.success
    ? Object.fromEntries(Object.entries(parsed.data).filter(([, item]) => item !== undefined))
    : {};
}
