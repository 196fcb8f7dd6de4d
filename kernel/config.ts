import { join } from 'node:path';
import { z } from 'zod';
import { schema, type Config } from './config-schema.ts';
import { repliqueError } from './errors.ts';
import { readRegularFile } from './files.ts';
import { configDir } from './paths.ts';
import { profileNames, type ProfileName } from './policy/profiles.ts';
import { separateKeys } from './providers/api-keys.ts';
import { resilienceVariables } from './providers/resilience/settings.ts';

export type { Config, ProviderName } from './config-schema.ts';

/** Environment variable of each key that has one. */
const variables: Readonly<Record<string, keyof Config>> = {
  REPLIQUE_PROVIDER: 'provider',
  REPLIQUE_MODEL: 'model',
  REPLIQUE_VISION: 'vision',
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
  REPLIQUE_MESSAGES_PER_SECOND: 'messagesPerSecond',
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
  REPLIQUE_RESUME: 'resume',
  REPLIQUE_BUDGET: 'budget',
  REPLIQUE_TAPE_MODE: 'tape',
  REPLIQUE_TAPE: 'tapeFile',
  REPLIQUE_CACHE: 'cache',
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
