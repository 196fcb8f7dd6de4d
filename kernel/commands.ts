import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Config } from './config.ts';
import { describeError, repliqueError, RepliqueError } from './errors.ts';
import { readRegularFile } from './files.ts';
import type { RunningKernel } from './kernel.ts';
import { auditDir, auditKeyFile, historyFile, sessionsDir, timelinesDir } from './paths.ts';
import { isAlive } from './processes.ts';
import type { ConnectionInfo } from './protocol/connection-file.ts';
import { parseConnectionFile } from './protocol/connection-file.ts';

const usage =
  'usage: kernel.js -f CONNECTION_FILE | check | setup [--embedded] | audit verify|show | environment [PROVIDER:MODEL…]';
const parentCheckMs = 1000;
const mostConnectionBytes = 2 ** 20;

const log = (line: string): void => {
  process.stderr.write(`[replique] ${line}\n`);
};

/**
 * Runs the command that the arguments name and returns the exit status.
 * @throws RepliqueError where it can't be run
 */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === '-f') return runKernel(rest[0] ?? '');
  const { loadConfig } = await import('./config.ts');
  switch (command) {
    case 'check': {
      const { printCheck } = await import('./check/command.ts');
      return printCheck(loadConfig());
    }
    case 'setup': {
      const { runSetup } = await import('./check/setup-command.ts');
      const config = loadConfig();
      return runSetup(rest.includes('--embedded') ? { ...config, provider: 'embedded' } : config);
    }
    case 'audit': {
      const { runAudit, sayOnStdout } = await import('./audit/command.ts');
      const directory = loadConfig().auditDir ?? auditDir();
      return runAudit({ directory, keyFile: auditKeyFile() }, rest, sayOnStdout);
    }
    case 'environment': {
      const { printEnvironment } = await import('./environment/command.ts');
      return printEnvironment(loadConfig(), rest);
    }
    default:
      process.stderr.write(`${usage}\n`);
      return 2;
  }
}

async function runKernel(file: string): Promise<number> {
  process.stderr.on('error', () => undefined); // no one reads the log any more: the session goes on
  const connection = readConnection(file);
  const { startKernel } = await import('./kernel.ts');
  const kernel = await startKernel({
    connection,
    config: loadConfigOrProblem,
    kernelId: kernelIdOf(file),
    sessionsDir: sessionsDir(),
    timelinesDir: timelinesDir(),
    historyFile: historyFile(),
    notebook: process.env['JPY_SESSION_NAME'],
    cwd: process.cwd(),
    log,
  });
  const stopWatching = watch(kernel);
  await kernel.closed;
  stopWatching();
  return 0;
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

/** Jupyter names the file after the kernel, `kernel-ID.json`, and starts it with the same one after a crash. */
const kernelIdOf = (file: string): string =>
  /^kernel-(.{1,100})\.json$/.exec(basename(file))?.[1] ?? randomUUID();

function readConnection(file: string): ConnectionInfo {
  try {
    return parseConnectionFile(readRegularFile(file, mostConnectionBytes), file);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof RepliqueError) throw error;
    const unread = 'code' in error ? 'it is not readable' : error.message;
    const problem = `${existsSync(file) ? unread : 'there is no such file'}.`;
    throw repliqueError('CONNECTION_FILE_INVALID', { file, problem }, { cause: error });
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
