import { z } from 'zod';
import { safeError } from './failure.ts';
import { safeBundle } from './firewall/bundle.ts';
import type { Redactor } from './firewall/redact.ts';

const bundle = z.record(z.string(), z.unknown());
const value = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok'), data: bundle, metadata: bundle.default({}) }),
  z.object({
    status: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()).default([]),
  }),
]);

/** The values of a client's `user_expressions` as it may see them: through the firewall like any output. */
export function safeExpressions(
  values: Readonly<Record<string, unknown>>,
  redactor: Redactor,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, found]) => [name, safeValue(found, redactor)]),
  );
}

function safeValue(found: unknown, redactor: Redactor): object {
  const parsed = value.safeParse(found);
  if (!parsed.success) {
    const evalue = 'Its value is in no form that can be shown.';
    return { status: 'error', ename: 'ValueError', evalue, traceback: [] };
  }
  if (parsed.data.status === 'error') return { status: 'error', ...safeError(parsed.data, redactor) };
  const { data, metadata } = safeBundle(parsed.data.data, parsed.data.metadata, redactor);
  return { status: 'ok', data, metadata };
}
