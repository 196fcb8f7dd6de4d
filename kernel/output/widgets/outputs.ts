import { z } from 'zod';
import { safeBundle } from '../firewall/bundle.ts';
import { safeError } from '../failure.ts';
import type { Redactor } from '../firewall/redact.ts';
import { StreamFilter } from '../firewall/stream.ts';

const mostOutputs = 500;

const bundle = z.record(z.string(), z.unknown());
const output = z.discriminatedUnion('output_type', [
  z.object({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({ output_type: z.literal('display_data'), data: bundle, metadata: bundle.default({}) }),
  z.object({
    output_type: z.literal('execute_result'),
    data: bundle,
    metadata: bundle.default({}),
    execution_count: z.int().nullable().default(null),
  }),
  z.object({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()).max(10_000),
  }),
]);

/** The outputs that an Output widget holds, each through the firewall as a cell's own; what is none is left out. */
export function safeOutputs(value: unknown, redactor: Redactor): unknown {
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, mostOutputs).flatMap((item: unknown) => {
    const parsed = output.safeParse(item);
    return parsed.success ? [safeOutput(parsed.data, redactor)] : [];
  });
}

function safeOutput(item: z.infer<typeof output>, redactor: Redactor): unknown {
  switch (item.output_type) {
    case 'stream': {
      const filter = new StreamFilter(redactor);
      return { ...item, text: filter.push(item.text) + filter.end() };
    }
    case 'error':
      return { ...safeError(item, redactor), output_type: 'error' };
    default: {
      const { data, metadata } = safeBundle(item.data, item.metadata, redactor);
      return { ...item, data, metadata };
    }
  }
}
