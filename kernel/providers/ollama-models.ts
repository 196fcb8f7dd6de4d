import { z } from 'zod';

/** What is needed of `GET /api/tags`. */
export const tagsSchema = z.object({
  models: z
    .array(
      z.object({
        name: z.string().max(500),
        size: z.number().nonnegative().catch(0),
        digest: z
          .string()
          .regex(/^(?:sha256:)?[0-9a-f]{64}$/)
          .nullish()
          .catch(undefined),
        details: z
          .object({ family: z.string().catch(''), parameter_size: z.string().catch('') })
          .nullish()
          .catch(undefined),
      }),
    )
    .max(10_000),
});

/** What is needed of `POST /api/show`. */
export const showSchema = z.object({
  model_info: z.record(z.string(), z.unknown()).nullish(),
  capabilities: z.array(z.string()).nullish(),
});

export type Installed = z.infer<typeof tagsSchema>['models'][number];

/** Families in the order in which they are preferred; a name that fits none of them is never chosen unasked. */
const preference: readonly RegExp[] = [
  /^qwen2\.5-coder\b/,
  /^qwen3-coder\b/,
  /coder|codestral|devstral|codellama|codegemma/,
  /^(?:qwen|llama3|llama4|mistral|ministral|gemma|phi|gpt-oss|granite|command-r|deepseek)|instruct/,
];

/** Not for conversation, or not on this machine (`-cloud` models send the prompts to Ollama's servers). */
const unsuitable = /embed|[-:]base\b|[-:]text\b|[-:]cloud\b|\bbert|guard|rerank/;

/** Models below this were measured to fail at most helper tasks (docs/reference/providers.md). */
const leastParameters = 1e9;

/** A model larger than this part of the memory is not chosen: weights and context must fit beside everything else. */
const mostOfMemory = 0.5;

/**
 * The installed model to use when none is configured: the best family, of that family the largest that fits in
 * `memoryBytes`. Undefined where no installed model suits.
 */
export function bestModel(installed: readonly Installed[], memoryBytes: number): string | undefined {
  const candidates = installed.filter(
    (model) =>
      !unsuitable.test(model.name) &&
      !/bert/.test(model.details?.family ?? '') &&
      parameters(model) >= leastParameters &&
      model.size <= memoryBytes * mostOfMemory,
  );
  for (const family of preference) {
    const members = candidates.filter((model) => family.test(baseName(model.name)));
    if (members.length > 0) return members.reduce((a, b) => (b.size > a.size ? b : a)).name;
  }
  return undefined;
}

/** The installed name that `asked` stands for: Ollama adds `:latest` where no tag is given. */
export function installedName(asked: string, installed: readonly Installed[]): string | undefined {
  return installed.find((model) => model.name === asked || model.name === `${asked}:latest`)?.name;
}

/** What identifies the weights that `asked` stands for, hex; undefined where it is not installed, or not told. */
export function digestIn(asked: string, installed: readonly Installed[]): string | undefined {
  const name = installedName(asked, installed);
  return installed.find((model) => model.name === name)?.digest?.slice(-64);
}

/** Without the registry's user or host: `someone/qwen2.5-coder:7b` is still a `qwen2.5-coder`. */
const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

/** Parameters as Ollama says them (`7.6B`, `494.03M`), else as the name does; unknown counts as large enough. */
function parameters(model: Installed): number {
  const said =
    /([\d.]+)\s*([MB])/i.exec(model.details?.parameter_size ?? '') ?? /:([\d.]+)([mb])\b/i.exec(model.name);
  if (said === null) return leastParameters;
  return Number(said[1]) * (said[2]?.toUpperCase() === 'M' ? 1e6 : 1e9);
}

/** The length that a model was trained for, as `show` tells it: `<architecture>.context_length`. */
export function trainedContext(show: z.infer<typeof showSchema>): number | undefined {
  const info = show.model_info ?? {};
  const length = info[`${String(info['general.architecture'])}.context_length`];
  return typeof length === 'number' && Number.isSafeInteger(length) && length > 0 ? length : undefined;
}

/** The largest context to ask for with that much memory: its cache costs up to a few hundred kB a token. */
export function affordableContext(memoryBytes: number): number {
  const gigabytes = memoryBytes / 2 ** 30;
  if (gigabytes < 7) return 8192;
  return gigabytes < 15 ? 16_384 : 32_768;
}
