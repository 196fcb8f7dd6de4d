import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { loadConfig, type Config } from '../../kernel/config.ts';
import type {
  LaunchOptions,
  Limits,
  PythonInstallation,
  SandboxProcess,
} from '../../kernel/sandbox/contract.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { inspectPython } from '../../kernel/sandbox/python.ts';
import { workerEnvDir } from '../../kernel/paths.ts';

export type Isolation = Config['sandbox'];

/** A configuration with nothing from this machine's files. */
export function plainConfig(isolation: Isolation = 'bubblewrap'): Config {
  return loadConfig({ REPLIQUE_SANDBOX: isolation }, join(tmpdir(), 'replique-no-such-config.json'));
}

/** The Python made at set-up, else the machine's. The entry files of these tests need no IPython. */
export function anyPython(): Promise<PythonInstallation> {
  python ??= inspectPython(join(workerEnvDir(), 'bin', 'python')).catch(() => inspectPython('python3'));
  return python;
}

let python: Promise<PythonInstallation> | undefined;

/** A folder of its own for one test: a workspace, the entry files, and a place that no sandbox may see. */
export class Playground {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-sandbox-')));
  readonly workspace = join(this.top, 'workspace');
  readonly files = join(this.top, 'files');
  readonly outside = join(this.top, 'outside');
  readonly #running = new Set<SandboxProcess>();

  constructor() {
    for (const path of [this.workspace, this.files, this.outside]) mkdirSync(path);
  }

  async options(source: string, overrides: Partial<LaunchOptions> = {}): Promise<LaunchOptions> {
    writeFileSync(join(this.files, 'entry.py'), source);
    return {
      python: await anyPython(),
      workspace: this.workspace,
      workerFiles: this.files,
      entry: 'entry.py',
      limits: limitsOf(plainConfig()),
      channels: 1,
      ...overrides,
    };
  }

  /** Launches `source` as the worker. */
  async launch(
    source: string,
    isolation: Isolation,
    overrides?: Partial<LaunchOptions>,
  ): Promise<SandboxProcess> {
    const options = await this.options(source, overrides);
    const launched = await createLauncher(plainConfig(isolation)).launch(options);
    this.#running.add(launched);
    return launched;
  }

  /**
   * Runs Python that assigns `result`, and returns it.
   * @param body may use `json`, `os`, `sys`, `ctypes`, `libc`, `child(function)` and `argument`
   */
  async run(body: string, isolation: Isolation, given: Given = {}): Promise<unknown> {
    const limits = { ...limitsOf(plainConfig()), ...given.limits };
    const source = `${prelude}\nargument = json.loads(${JSON.stringify(JSON.stringify(given.argument ?? null))})\n${body}\n${coda}`;
    const launched = given.launch
      ? await given.launch(await this.options(source, { limits }))
      : await this.launch(source, isolation, { limits });
    this.#running.add(launched);
    const text = await readAll(launched.channels[0]!);
    launched.kill();
    await launched.exited;
    if (text === '') throw new Error(`No answer: ${launched.stderrTail()}`);
    return JSON.parse(text);
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    for (const launched of this.#running) launched.kill();
    await Promise.all([...this.#running].map((launched) => launched.exited));
    rmSync(this.top, { recursive: true, force: true });
  }
}

export interface Given {
  readonly argument?: unknown;
  readonly limits?: Partial<Limits>;
  /** In another sandbox than the launcher's. */
  readonly launch?: (options: LaunchOptions) => Promise<SandboxProcess>;
}

/** Everything that comes from a channel until its other end is closed. */
export async function readAll(channel: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of channel) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** /proc/PID/status; empty if the process has ended. */
export function processStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

const allProcesses = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Every process below `ancestor` on this machine. */
export function descendants(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const pid of allProcesses()) {
    parents.set(pid, Number(/^PPid:\s+(\d+)$/m.exec(processStatus(pid))?.[1] ?? 0));
  }
  const below = (pid: number): readonly number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([each]) => [each, ...below(each)]);
  return below(ancestor);
}

/** Processes of this machine whose working directory is `directory`. */
export function runningIn(directory: string): readonly number[] {
  return allProcesses().filter((pid) => {
    try {
      return statSync(`/proc/${pid}/cwd`).ino === statSync(directory).ino;
    } catch {
      return false;
    }
  });
}

/** Reads until the text that came matches, and returns it. */
export function readUntil(channel: Readable, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      if (!pattern.test(text)) return;
      channel.off('data', onData);
      channel.off('end', onEnd);
      resolve(text);
    };
    const onEnd = (): void => reject(new Error(`Ended after: ${text}`));
    channel.on('data', onData);
    channel.on('end', onEnd);
  });
}

const prelude = `
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
channel = int(sys.argv[1].split(",")[0])

def child(function):
    """What the function returns in a fork: True for success."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

def works(function):
    try:
        function()
        return True
    except Exception:
        return False
`;

/** Then waits to be killed: what nobody has begun to read when a process ends, Node throws away. */
const coda = `
data = json.dumps(result).encode()
while data:
    data = data[os.write(channel, data):]
libc.shutdown(channel, 1)
libc.pause()
`;
