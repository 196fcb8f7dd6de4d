import { existsSync } from 'node:fs';
import { isAlive } from './alive.ts';
import type { Config } from './config.ts';
import { describeError, repliqueError, RepliqueError } from './errors.ts';
import { readRegularFile } from './files.ts';
import type { RunningKernel } from './kernel.ts';
import { socketNames, type SocketPlaces } from './protocol/addresses.ts';
import { closeSockets, openSockets, type Sockets } from './wire/sockets.ts';

const parentCheckMs = 1000;
const mostConnectionBytes = 2 ** 20;

const log = (line: string): void => {
  process.stderr.write(`[replique] ${line}\n`);
};

/** Clients reach the kernel before it is loaded: an interrupt does not end it. */
const nothingRuns = (): void => undefined;

/**
 * Runs a kernel until it ends; returns the exit status. The sockets are opened first, and the kernel is loaded then.
 * @param file the connection file
 * @throws RepliqueError CONNECTION_FILE_INVALID, PORT_IN_USE, LISTEN_FAILED
 */
export async function runKernel(file: string): Promise<number> {
  process.stderr.on('error', () => undefined); // no one reads the log any more: the session goes on
  process.on('SIGINT', nothingRuns);
  try {
    const kernel = await begin(file);
    const stopWatching = watch(kernel);
    process.off('SIGINT', nothingRuns);
    await kernel.closed;
    stopWatching();
    return 0;
  } finally {
    process.off('SIGINT', nothingRuns);
  }
}

async function begin(file: string): Promise<RunningKernel> {
  const text = readConnectionFile(file);
  const opening = openUnchecked(text);
  opening?.catch(() => undefined); // told below, where nothing is wrong with the file
  const { optimizeLater } = await import('./optimizer.ts');
  optimizeLater();
  const { parseConnectionFile, kernelIdOf } = await import('./protocol/connection-file.ts');
  const connection = await checked(() => parseConnectionFile(text, file), opening);
  const [sockets, { startKernel }, paths] = await Promise.all([
    opening ?? openSockets(connection),
    import('./kernel.ts'),
    import('./paths.ts'),
  ]);
  return startKernel({
    ...{ connection, sockets, log, config: loadConfigOrProblem },
    kernelId: kernelIdOf(file),
    sessionsDir: paths.sessionsDir(),
    timelinesDir: paths.timelinesDir(),
    historyFile: paths.historyFile(),
    notebook: process.env['JPY_SESSION_NAME'],
    cwd: process.cwd(),
  });
}

function readConnectionFile(file: string): string {
  try {
    return readRegularFile(file, mostConnectionBytes);
  } catch (error) {
    const unread = 'code' in (error as object) ? 'it is not readable' : (error as Error).message;
    const problem = `${existsSync(file) ? unread : 'there is no such file'}.`;
    throw repliqueError('CONNECTION_FILE_INVALID', { file, problem }, { cause: error });
  }
}

/**
 * Opens the sockets where the file says, before the rest of it is checked, and nothing is read from them until it is. Not those
 * that are files: ZeroMQ removes what lies in their place.
 */
function openUnchecked(text: string): Promise<Sockets> | undefined {
  try {
    const places = { transport: 'tcp', ...(JSON.parse(text) as object) } as Partial<SocketPlaces>;
    const isSafe =
      places.transport === 'tcp' &&
      typeof places.ip === 'string' &&
      socketNames.every((name) => Number.isInteger(places[`${name}_port`]));
    return isSafe ? openSockets(places as SocketPlaces) : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing stays open where the check throws. */
async function checked<T>(check: () => T, opening: Promise<Sockets> | undefined): Promise<T> {
  try {
    return check();
  } catch (error) {
    await opening?.then(closeSockets, () => undefined);
    throw error;
  }
}

async function loadConfigOrProblem(): Promise<Config | RepliqueError> {
  const { loadConfig } = await import('./config.ts');
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof RepliqueError)) throw error;
    log(describeError(error));
    return error;
  }
}

/** SIGINT interrupts; SIGTERM, and the end of the process that started the kernel, end it. */
function watch(kernel: RunningKernel): () => void {
  const end = (): void => {
    kernel.close().catch((error: unknown) => log(String(error)));
  };
  const onSignal = { SIGINT: () => kernel.interrupt(), SIGTERM: end, SIGHUP: end };
  const onDefect = (error: unknown): void => log(`A defect: ${describeError(error)}`);
  for (const [name, act] of Object.entries(onSignal)) process.on(name, act);
  process.on('unhandledRejection', onDefect);
  const parent = Number(process.env['JPY_PARENT_PID'] ?? 0);
  const bornTo = process.ppid;
  const timer = setInterval(() => {
    if (parent > 0 && (process.ppid !== bornTo || !isAlive(parent))) end();
  }, parentCheckMs);
  return () => {
    clearInterval(timer);
    for (const [name, act] of Object.entries(onSignal)) process.off(name, act);
    process.off('unhandledRejection', onDefect);
  };
}
