import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { labEnvDir } from '../../../kernel/paths.ts';
import type { Known } from './paths.ts';
import type { Health } from './serve.ts';
import type { FuzzWorld } from './world.ts';

/** The built fuzzer is the server's program, too. */
const program = (): string => join('dist', 'dev', 'fuzz.js');
const patienceMs = 30_000;
/** As many kernels and terminals stay; what requests have started beyond that is ended. */
const most = 3;

const token = 'token-of-the-fuzzer';

/** The real server in a process of its own. */
export class HttpTarget {
  readonly token = token;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #stderr: () => string;

  private constructor(child: ChildProcess, port: number, stderr: () => string) {
    this.#child = child;
    this.port = port;
    this.#stderr = stderr;
  }

  static async start(world: FuzzWorld): Promise<HttpTarget> {
    const child = spawn(
      process.execPath,
      ['--expose-gc', program(), '--serve', world.workspace, '--token', token, '--lab', labEnvDir()],
      { env: world.environment, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    let printed = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-4000)));
    const ended = once(child, 'exit').then(() => {
      throw new Error(`The server did not start: ${printed}`);
    });
    const [port] = (await Promise.race([once(child, 'message'), ended])) as [number];
    ended.catch(() => undefined);
    return new HttpTarget(child, port, () => printed);
  }

  /** Why it no longer runs. */
  fault(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return undefined;
    return `the server has ended (${signalCode ?? exitCode}): ${this.#stderr()}`;
  }

  /** The end of what it has logged of errors. */
  logged(): string {
    return this.#stderr();
  }

  async health(): Promise<Health> {
    this.#child.send('health');
    const [answer] = (await once(this.#child, 'message')) as [Health];
    return answer;
  }

  /**
   * Ends what is too much, starts what is missing, and tells what there is.
   * @param least the kernel that there is at least: one that never answers, or a real one
   * @throws Error where a plain request is not answered
   */
  async tidy(least: 'still' | 'replique' = 'still'): Promise<Known> {
    const list = async (what: string): Promise<Record<string, unknown>[]> =>
      (await (await this.#ask('GET', what)).json()) as Record<string, unknown>[];
    for (const [what, key, body] of [
      ['kernels', 'id', { name: least }],
      ['terminals', 'name', {}],
    ] as const) {
      const there = await list(what);
      await Promise.all(there.slice(most).map((each) => this.#ask('DELETE', `${what}/${String(each[key])}`)));
      if (there.length === 0) await this.#ask('POST', what, body);
    }
    const named = async (name: string): Promise<string[]> =>
      (await list('kernels')).filter((each) => each['name'] === name).map(({ id }) => String(id));
    if ((await named('replique')).length === 0) await this.#ask('POST', 'kernels', { name: 'replique' });
    const live = await named('replique');
    const kernels = [...live, ...(await named('still'))];
    const sessions = (await list('sessions')).map(({ id }) => String(id)).slice(0, most);
    const terminals = (await list('terminals')).map(({ name }) => String(name));
    return { kernels, live, sessions, terminals, running: [], runs: [], events: [] };
  }

  /** With a session whose cells run, and a kernel that nothing else is asked of. @throws Error as `tidy` */
  async withRuns(known: Known): Promise<Known> {
    const { id: session, kernel } = await this.session('n.ipynb');
    const runs: string[] = [];
    for (const prompt of ['%help', '%cost']) {
      const answer = await this.#ask('POST', `replique/sessions/${session}/prompt`, { prompt });
      const { run } = (await answer.json()) as { run?: string };
      if (run !== undefined) runs.push(run);
    }
    const others = (ids: readonly string[]): readonly string[] => ids.filter((id) => id !== kernel.id);
    const sessions = known.sessions.filter((id) => id !== session);
    return {
      ...known,
      kernels: others(known.kernels),
      live: others(known.live),
      sessions,
      running: [session],
      runs,
    };
  }

  /** What a page of the server says. */
  async text(path: string): Promise<string> {
    return (await this.#fetch(path)).text();
  }

  /** Makes a session of a notebook with a kernel that answers, where there is none. */
  async session(path: string): Promise<{ readonly id: string; readonly kernel: { readonly id: string } }> {
    const body = { path, type: 'notebook', name: path, kernel: { name: 'replique' } };
    return (await (await this.#ask('POST', 'sessions', body)).json()) as never;
  }

  /** Kernels, terminals and the server itself are gone after it. */
  async close(): Promise<string[]> {
    if (this.fault() !== undefined) return [];
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    const [, signal] = (await gone) as [number | null, string | null];
    clearTimeout(late);
    return signal === 'SIGKILL' ? ['the server did not end'] : [];
  }

  #ask(method: string, what: string, body?: object): Promise<Response> {
    return this.#fetch(`/api/${what}`, { method, ...(body && { body: JSON.stringify(body) }) });
  }

  async #fetch(path: string, options: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      ...options,
      signal: AbortSignal.timeout(patienceMs),
      headers: { authorization: `token ${this.token}` },
    });
  }
}
