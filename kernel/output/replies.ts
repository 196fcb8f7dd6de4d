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

/** What code says to a client beside its outputs: in replies, and where it asks. It passes the same firewall. */
export interface SafeReplies {
  /** The results of those expressions that the client named, each in the form that Jupyter gives them. */
  expressions(results: Bundle, asked: readonly string[]): Record<string, unknown>;
  error(error: WorkerError): WorkerError;
  /** What is known of a name. */
  knowledge(data: Bundle): Bundle;
  matches(found: readonly string[]): string[];
  prompt(text: string): string;
}

/** Makes what code says in replies safe to be shown. */
export function createReplies(redactor: Redactor): SafeReplies {
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
    expressions: (results, asked) =>
      Object.fromEntries(
        asked.filter((name) => Object.hasOwn(results, name)).map((name) => [name, expression(results[name])]),
      ),
    error: (error) => safeError(error, redactor),
    knowledge: (data) => safeBundle(data, {}, redactor).data,
    matches: (found) =>
      found.map((match) => redactor.text(stripTerminal(wellFormed(match.slice(0, longestMatch))))),
    prompt: (prompt) => text(prompt.slice(0, longestPrompt)),
  };
}
