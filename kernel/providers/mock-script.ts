import { z } from 'zod';
import { readSmallFile } from '../small-file.ts';
import { ProviderError } from './contract.ts';

const mostBytes = 32 * 2 ** 20;

const pattern = z
  .string()
  .max(10_000)
  .transform((source, context) => {
    try {
      return new RegExp(source, 'su');
    } catch {
      context.addIssue({ code: 'custom', message: 'not a regular expression' });
      return z.NEVER;
    }
  });

const replySchema = z
  .strictObject({
    text: z.string().optional(),
    chunk: z.int().min(1).optional(),
    delayMs: z.number().min(0).max(600_000).optional(),
    error: z
      .strictObject({
        status: z.int().min(400).max(599).optional(),
        message: z.string().default('the script says so'),
        retryAfter: z.number().min(0).max(86_400).optional(),
      })
      .optional(),
    match: pattern.optional(),
    ignoreStop: z.boolean().optional(),
  })
  .refine((reply) => reply.text !== undefined || reply.error !== undefined, {
    message: 'a reply needs "text" or "error"',
  });

const scriptSchema = z.strictObject({
  replies: z.array(replySchema).max(100_000).default([]),
  repeat: z.boolean().default(false),
  ignoreStop: z.boolean().default(false),
});

/** A validated script of the `mock` provider; docs/reference/providers.md describes its keys. */
export type MockScript = z.infer<typeof scriptSchema>;
export type MockReply = MockScript['replies'][number];

const remedy = (file: string): string => `Correct ${file}, or unset REPLIQUE_MOCK_SCRIPT.`;

/** Reads a script. @throws ProviderError `script`, naming the file and the key that is wrong */
export function readMockScript(file: string): MockScript {
  const value = parse(file, readText(file));
  const parsed = scriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const key = [...(issue?.path ?? []), ...unknown].join('.') || 'the top level';
  const problem = `${key}: ${issue?.message ?? 'not valid'}`;
  throw new ProviderError('script', `The mock script ${file} can't be used: ${problem}.`, remedy(file));
}

function readText(file: string): string {
  try {
    return readSmallFile(file, mostBytes);
  } catch (error) {
    const problem = (error as Error).message;
    throw new ProviderError('script', `The mock script ${file} can't be read: ${problem}.`, remedy(file));
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProviderError('script', `The mock script ${file} is not JSON.`, remedy(file));
  }
}
