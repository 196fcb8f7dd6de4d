import { z } from 'zod';

/** Packages that a record names at most; of the others it keeps how many they are. */
export const mostPackages = 1500;

/** Models that are asked about at once. */
export const mostModels = 64;

/** One line of a text: without controls, and nothing that turns its direction. */
const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);

/** A package's name as all spellings of it are alike: https://packaging.python.org/en/latest/specifications/name-normalization/ */
export const normalized = (name: string): string => name.replaceAll(/[-_.]+/g, '-').toLowerCase();

/** A normalized name. */
export const packageName = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);

/** What may stand behind `==`: https://packaging.python.org/en/latest/specifications/version-specifiers/ */
export const packageVersion = z
  .string()
  .max(60)
  .regex(/^[A-Za-z0-9][A-Za-z0-9.!+_-]*$/);

const python = z.strictObject({
  version: line(60),
  implementation: line(60),
  packages: z
    .record(packageName, packageVersion)
    .refine((packages) => Object.keys(packages).length <= mostPackages, `more than ${mostPackages} packages`),
  /** Those that came from no index: a folder, a repository, an address. */
  elsewhere: z.array(packageName).max(mostPackages).optional(),
  /** How many are not in `packages`, because of its bounds. */
  leftOut: z.int().positive().optional(),
});

const settings = z.strictObject({
  temperature: z.number().min(0).max(2),
  maxTokens: z.int().positive(),
  maxTurns: z.int().positive(),
  helperTimeoutSeconds: z.number().positive(),
  vision: line(20),
  profile: line(20),
  sandbox: line(20),
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const modelSchema = z.strictObject({
  provider: line(60),
  name: line(200),
  /** SHA-256 that identifies its weights, hex. */
  digest: sha256.optional(),
  /** What the service itself called it, where that is another name. */
  answered: line(200).optional(),
});
export type ModelIdentity = z.infer<typeof modelSchema>;

/** A file of the workspace that was read, and what it held. */
export const fileReadSchema = z.strictObject({ path: z.string().min(1).max(4096), sha256 });
export type FileRead = z.infer<typeof fileReadSchema>;

/** `metadata.replique.environment`: what a cell's results may depend on, besides its words and files. */
export const environmentSchema = z.strictObject({
  version: z.literal(1),
  replique: line(60),
  node: line(60),
  platform: line(60),
  arch: line(60),
  python,
  /** Who answered. */
  model: modelSchema.optional(),
  settings,
});
export type Environment = z.infer<typeof environmentSchema>;
export type PythonEnvironment = z.infer<typeof python>;

/** What `kernel.js environment` says, as one line of JSON. */
export const presentSchema = z.strictObject({
  environment: environmentSchema,
  /** Absolute path of the interpreter. */
  python: z.string(),
  /** What is known of the models that were asked about. */
  models: z.array(modelSchema).max(mostModels),
});
export type Present = z.infer<typeof presentSchema>;

/**
 * Reads a record that a notebook holds.
 * @returns the record, or what is wrong with it, as the rest of a sentence
 */
export function readEnvironment(
  value: unknown,
): { readonly environment: Environment } | { readonly problem: string } {
  const parsed = environmentSchema.safeParse(value);
  if (parsed.success) return { environment: parsed.data };
  const version = z.looseObject({ version: z.number() }).safeParse(value).data?.version;
  if (version !== undefined && version > 1) return { problem: 'was written by a newer Replique' };
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  const where = at === '' ? '' : ` (at ${JSON.stringify(at.slice(0, 100))})`;
  return { problem: `is not as Replique writes it${where}` };
}
