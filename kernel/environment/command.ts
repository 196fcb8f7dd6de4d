import type { Config } from '../config.ts';
import { modelDigest } from '../providers/identity.ts';
import { collectEnvironment } from './collect.ts';
import { modelSchema, mostModels, type ModelIdentity, type Present } from './schema.ts';

/**
 * Prints what a session's results would depend on, as one line of JSON on stdout. The model is in it where it is configured.
 * @param asked models whose weights are asked for besides, as `PROVIDER:NAME`
 * @returns the exit status
 * @throws Error where there is no Python, or it can't be asked
 */
export async function printEnvironment(config: Config, asked: readonly string[]): Promise<number> {
  const collecting = collectEnvironment(config);
  const { provider, model } = config;
  const configured = provider !== 'auto' && model !== undefined ? [`${provider}:${model}`] : [];
  const names = [...new Set([...configured, ...asked])].slice(0, mostModels);
  const [collected, ...identities] = await Promise.all([
    collecting,
    ...names.map((name) => identityOf(config, name)),
  ]);
  const ours = configured.length > 0 ? identities[0] : undefined;
  const present: Present = {
    environment: { ...collected.environment, ...(ours && { model: ours }) },
    python: collected.python,
    models: identities.filter((identity) => identity !== undefined),
  };
  await new Promise<void>((resolve) => {
    process.stdout.write(`${JSON.stringify(present)}\n`, () => resolve());
  });
  return 0;
}

/** Undefined where there can be no model of that name. */
async function identityOf(config: Config, written: string): Promise<ModelIdentity | undefined> {
  const [, provider, name] = /^([^:]+):([^]+)$/.exec(written) ?? [];
  const named = modelSchema.safeParse({ provider, name }).data;
  if (named === undefined) return undefined;
  const digest = await modelDigest(config, named);
  return { ...named, ...(digest !== undefined && { digest }) };
}
