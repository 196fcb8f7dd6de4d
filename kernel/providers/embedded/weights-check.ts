import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { ProviderError } from '../contract.ts';
import type { ModelSpec } from './models.ts';

/** A stamp beside the weights says that their hash was right for that size and time, so that it is not taken again. */
const stampSchema = z.object({ sha256: z.string(), bytes: z.number(), mtimeMs: z.number() });

const stampOf = (file: string): string => `${file}.sha256.json`;

/** SHA-256 of a file, in hex. */
export async function sha256Of(
  file: string,
  signal: AbortSignal,
  onBytes?: (done: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) {
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    onBytes?.(done);
  }
  return hash.digest('hex');
}

/** Are the weights there, and was their hash found right since they last changed? Reads two small things only. */
export async function isVerified(file: string, spec: ModelSpec): Promise<boolean> {
  try {
    const { size, mtimeMs } = await stat(file);
    const stamp = stampSchema.parse(JSON.parse(await readFile(stampOf(file), 'utf8')));
    return (
      stamp.sha256 === spec.sha256 && stamp.bytes === size && size === spec.bytes && stamp.mtimeMs === mtimeMs
    );
  } catch {
    return false;
  }
}

/** Notes that the file, as it is now, has the right hash. */
export async function writeStamp(file: string, spec: ModelSpec): Promise<void> {
  const { size, mtimeMs } = await stat(file);
  await writeFile(stampOf(file), `${JSON.stringify({ sha256: spec.sha256, bytes: size, mtimeMs })}\n`);
}

/**
 * Looks at what can be told of weights without reading them.
 * @returns false if there are none
 * @throws ProviderError `setup` if their size is wrong
 */
export async function checkSize(file: string, spec: ModelSpec): Promise<boolean> {
  const there = await stat(file).catch(() => undefined);
  if (!there) return false;
  if (!there.isFile() || there.size !== spec.bytes) throw await damaged(file, spec);
  return true;
}

/**
 * Looks at weights that are already there.
 * @returns false if there are none
 * @throws ProviderError `setup` if they are not the bytes that were expected
 */
export async function checkExisting(file: string, spec: ModelSpec, signal: AbortSignal): Promise<boolean> {
  if (!(await checkSize(file, spec))) return false;
  if (await isVerified(file, spec)) return true;
  if ((await sha256Of(file, signal)) !== spec.sha256) throw await damaged(file, spec);
  await writeStamp(file, spec);
  return true;
}

async function damaged(file: string, spec: ModelSpec): Promise<ProviderError> {
  await rm(stampOf(file), { force: true });
  return new ProviderError(
    'setup',
    `The model file ${file} is damaged or is another file: its size or SHA-256 is not that of ${spec.title}.`,
    `Remove it (\`rm '${file}'\`) and run \`npx replique setup\`, which fetches it again.`,
  );
}

/**
 * Looks at a model file that the user named: any GGUF is taken, at the user's own risk. Only its header is read
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, numbers of tensors and of metadata.
 * @throws ProviderError `setup`
 */
export async function checkOwnFile(path: string): Promise<void> {
  const remedy = 'Set REPLIQUE_MODEL_PATH to a readable GGUF file, or unset it to use the default model.';
  const header = Buffer.alloc(24);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if ((await file.stat()).isFile()) await file.read(header, 0, header.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ProviderError('setup', `The model file ${path} can't be read (${problem}).`, remedy);
  }
  const version = header.readUInt32LE(4);
  const counts = [header.readBigUInt64LE(8), header.readBigUInt64LE(16)];
  const sane = counts.every((count) => count > 0n && count < 1_000_000n);
  if (header.toString('latin1', 0, 4) === 'GGUF' && (version === 2 || version === 3) && sane) return;
  throw new ProviderError('setup', `The file ${path} is not a GGUF model.`, remedy);
}
