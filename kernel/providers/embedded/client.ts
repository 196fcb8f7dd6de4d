import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, open, readFile, rm, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { ProviderError } from '../contract.ts';
import { withLock } from './lock.ts';
import { encode, hostReply, LineReader, socketName, type HostReply, type HostRequest } from './protocol.ts';

/** How to reach the model host, and how to start one. */
export interface HostOptions {
  /** Directory of the socket, the user's own. */
  readonly directory: string;
  /** The host's program. */
  readonly script: string;
  /** node-llama-cpp's main file. */
  readonly runtime: string;
  /** Where the host's messages go. */
  readonly log: string;
  /** How long a host stays without requests, in milliseconds. */
  readonly idleMs: number;
  /** Threads to compute with; 0: as many as useful. */
  readonly threads: number;
}

const startMs = 30_000;
const maxLogBytes = 1_000_000;
const longestSocketPath = 103;

const socketOf = ({ directory }: HostOptions): string => join(directory, socketName);

/**
 * Sends one request to the user's model host, starting one if there is none, and passes on what it says. When the
 * reader leaves, the request ends.
 * @throws ProviderError
 */
export async function* askHost(
  request: HostRequest,
  options: HostOptions,
  signal: AbortSignal,
): AsyncGenerator<HostReply> {
  const { socket, replies } = await greetedHost(options, signal);
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    socket.write(encode(request));
    for await (const reply of replies) yield reply;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

interface Connection {
  readonly socket: Socket;
  readonly replies: AsyncGenerator<HostReply>;
}

/** A connection to a host that said hello. One that is just leaving accepts without a word: then a new one is started. */
async function greetedHost(options: HostOptions, signal: AbortSignal): Promise<Connection> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const socket = (await tryConnect(socketOf(options))) ?? (await startHost(options, signal));
    signal.throwIfAborted();
    const replies = readReplies(socket);
    const first = await replies.next().catch(() => ({ done: true }) as const);
    if (!first.done && first.value.type === 'hello') return { socket, replies };
    socket.destroy();
  }
  throw new ProviderError('unreachable', 'The model host does not answer.', hostRemedy(options));
}

function hostRemedy({ log }: HostOptions): string {
  return `Run the cell again; if it stays so, look into ${log} or run \`npx replique doctor\`.`;
}

async function* readReplies(socket: Socket): AsyncGenerator<HostReply> {
  const reader = new LineReader();
  for await (const chunk of socket) {
    for (const line of reader.push(chunk as Buffer)) yield hostReply.parse(JSON.parse(line));
  }
}

/** A connection, or undefined if nobody listens there. */
async function tryConnect(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET') return undefined;
    throw new ProviderError(
      'unreachable',
      `The model host's socket ${path} can't be used (${code ?? 'unknown'}).`,
      `Remove ${path} and run the cell again.`,
      { cause: error },
    );
  }
}

/** Starts a host, unless another process did so meanwhile: only who holds the lock may. */
async function startHost(options: HostOptions, signal: AbortSignal): Promise<Socket> {
  const path = socketOf(options);
  await makePrivate(options.directory);
  if (Buffer.byteLength(path) > longestSocketPath) {
    const remedy = 'Set XDG_RUNTIME_DIR to a directory with a shorter name.';
    throw new ProviderError('setup', `The path of the model host's socket is too long: ${path}`, remedy);
  }
  return withLock(
    `${path}.lock`,
    async () => {
      const there = await tryConnect(path);
      if (there) return there;
      await rm(path, { force: true });
      await spawnHost(path, options, signal);
      const socket = await tryConnect(path);
      if (socket) return socket;
      throw new ProviderError('unreachable', 'The model host left at once.', hostRemedy(options));
    },
    { signal, pollMs: 50 },
  );
}

/**
 * Makes sure that the directory is the user's own and nobody else's.
 * @throws ProviderError `setup`
 */
export async function makePrivate(directory: string): Promise<void> {
  makeDirectories(directory, 0o700);
  const found = await lstat(directory);
  const me = process.getuid?.();
  if (!found.isDirectory() || (me !== undefined && found.uid !== me)) {
    const sentence = `The directory ${directory} for the model host's socket is not yours.`;
    throw new ProviderError(
      'setup',
      sentence,
      'Remove it, or set XDG_RUNTIME_DIR to a directory of your own.',
    );
  }
  if ((found.mode & 0o077) !== 0) await chmod(directory, 0o700);
}

async function spawnHost(path: string, options: HostOptions, signal: AbortSignal): Promise<void> {
  const { script, runtime, log, idleMs, threads } = options;
  makeDirectories(dirname(log));
  const size = await stat(log).then(
    (file) => file.size,
    () => 0,
  );
  const logFile = await open(log, size > maxLogBytes ? 'w' : 'a', 0o600);
  const from = (await logFile.stat()).size;
  try {
    const args = [script, '--socket', path, '--runtime', runtime];
    const child = spawn(
      process.execPath,
      [...args, '--idle-ms', String(idleMs), '--threads', String(threads)],
      { cwd: '/', env: hostEnvironment(), detached: true, stdio: ['ignore', 'pipe', logFile.fd] },
    );
    const { stdout } = child;
    if (stdout === null) throw new Error('no pipe to the model host');
    const late = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
    const failed = once(child, 'error');
    const ended = once(stdout, 'end', { signal: late });
    const ready = once(stdout, 'data', { signal: late });
    try {
      await Promise.race([
        ready,
        Promise.race([failed, ended]).then(() => Promise.reject(new Error('it ended'))),
      ]);
    } catch (error) {
      child.kill('SIGKILL');
      signal.throwIfAborted();
      const said = (await readFile(log, 'utf8')).slice(from).trim().split('\n').at(-1) ?? '';
      const sentence = `The model host could not be started${said && `: ${said.slice(0, 300)}`}`;
      throw new ProviderError('setup', sentence, hostRemedy(options), { cause: error });
    } finally {
      for (const promise of [failed, ended, ready]) promise.catch(() => undefined);
    }
    stdout.destroy();
    child.unref();
  } finally {
    await logFile.close();
  }
}

/** The host needs no key and no setting of the kernel's; it gets none. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'LD_LIBRARY_PATH'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
