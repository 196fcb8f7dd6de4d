import { z } from 'zod';
import type { Bundle, WorkerError } from '../sandbox/contract.ts';
import { safeError } from './failure.ts';
import { safeBundle } from './firewall/bundle.ts';
import { showInvisible } from './firewall/invisible.ts';
import type { Redactor } from './firewall/redact.ts';
import { wellFormed } from './firewall/stream.ts';
import { filterTerminal, stripTerminal } from './firewall/terminal.ts';

const longestPrompt = 10_000;
const longestMatch = 1000;

const bundle = z.record(z.string(), z.unknown());
const strings = z.array(z.string()).max(10_000);
const result = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok'), data: bundle, metadata: bundle.default({}) }),
  z.object({ status: z.literal('error'), ename: z.string(), evalue: z.string(), traceback: strings }),
]);

const invalid = {
  status: 'error',
  ename: 'InvalidResult',
  evalue: 'The result of this expression is not valid.',
  traceback: ['InvalidResult: The result of this expression is not valid.'],
} as const;

/** Makes what code says to a client beside its outputs safe to be shown: in replies, and where it asks. */
export function createReplies(redactor: Redactor) {
  const text = (value: string): string => showInvisible(redactor.text(filterTerminal(wellFormed(value))));
  const expression = (value: unknown): unknown => {
    const parsed = result.safeParse(value);
    if (!parsed.success) return invalid;
    if (parsed.data.status === 'error') {
      const { ename, evalue, traceback } = safeError(parsed.data, redactor);
      return { status: 'error', ename, evalue, traceback };
    }
    const { data, metadata } = safeBundle(parsed.data.data, parsed.data.metadata, redactor);
    return { status: 'ok', data, metadata };
  };
  return {
    expressions: (results: Bundle, asked: readonly string[]): Record<string, unknown> =>
      Object.fromEntries(
        asked.filter((name) => Object.hasOwn(results, name)).map((name) => [name, expression(results[name])]),
      ),
    error: (error: WorkerError): WorkerError => safeError(error, redactor),
    knowledge: (data: Bundle): Bundle => safeBundle(data, {}, redactor).data,
    matches: (found: readonly string[]): string[] =>
      found.map((match) => redactor.text(stripTerminal(wellFormed(match.slice(0, longestMatch))))),
    prompt: (prompt: string): string => text(prompt.slice(0, longestPrompt)),
  };
}
