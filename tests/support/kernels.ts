import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../kernel/config.ts';
import { RepliqueError } from '../../kernel/errors.ts';
import { startKernel, type RunningKernel } from '../../kernel/kernel.ts';
import { openSockets } from '../../kernel/wire/sockets.ts';
import type { Message } from '../../kernel/protocol/header.ts';
import { makeConnection, ZmqClient } from '../integration/wire-client.ts';
import { TestClient } from '../unit/router/client.ts';
import { configWith } from './provider-tools.ts';

interface Given {
  readonly config?: Partial<Config> | RepliqueError;
  /** Replies of the `mock` provider. */
  readonly replies?: readonly Readonly<Record<string, unknown>>[];
  /** The same for two kernels: the second is one that was started anew. Absent: of its own. */
  readonly kernelId?: string;
  /** Absent: of its own. */
  readonly sessionsDir?: string;
  /** Absent: of its own. */
  readonly workspace?: string;
  /** Text of the notebook that it is the kernel of. */
  readonly notebook?: string;
  /** Path of that notebook. Absent: `notebook.ipynb` in the workspace, where it has a text. */
  readonly notebookFile?: string;
}

/** What one cell came to, as a client saw it. */
export interface RanCell {
  readonly reply: Readonly<Record<string, unknown>>;
  /** The cell's messages on iopub, without status and execute_input. */
  readonly outputs: readonly Message[];
  /** All text that was shown, in order: streams and text/plain. */
  readonly text: string;
}

/** A kernel in this process, on real sockets with the real sandbox, and a client of it. */
export class KernelUnderTest {
  readonly workspace: string;
  readonly auditDir: string;
  readonly client: TestClient;
  readonly kernel: RunningKernel;
  readonly logged: readonly string[];
  readonly #end: () => Promise<void>;

  private constructor(
    { workspace, auditDir }: { readonly workspace: string; readonly auditDir: string },
    client: TestClient,
    kernel: RunningKernel,
    logged: readonly string[],
    end: () => Promise<void>,
  ) {
    this.workspace = workspace;
    this.auditDir = auditDir;
    this.client = client;
    this.kernel = kernel;
    this.logged = logged;
    this.#end = end;
  }

  static async start(given: Given = {}): Promise<KernelUnderTest> {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-kernel-')));
    const workspace = given.workspace === undefined ? join(top, 'workspace') : realpathSync(given.workspace);
    mkdirSync(workspace, { recursive: true });
    const auditDir = join(top, 'audit');
    const mockScript = join(top, 'script.json');
    if (given.replies) writeFileSync(mockScript, JSON.stringify({ replies: given.replies }));
    const notebook =
      given.notebookFile ?? (given.notebook === undefined ? undefined : join(workspace, 'notebook.ipynb'));
    if (notebook !== undefined && given.notebook !== undefined) writeFileSync(notebook, given.notebook);
    const { connection, remove } = await makeConnection('ipc');
    const logged: string[] = [];
    const kernel = startKernel({
      ...{ connection, sockets: await openSockets(connection) },
      config: () =>
        Promise.resolve(
          given.config instanceof RepliqueError
            ? given.config
            : configWith({
                provider: 'mock',
                auditDir,
                ...(given.replies && { mockScript }),
                ...given.config,
              }),
        ),
      kernelId: given.kernelId ?? randomUUID(),
      sessionsDir: given.sessionsDir ?? join(top, 'sessions'),
      notebook,
      cwd: workspace,
      log: (line) => logged.push(line),
    });
    const channels = new ZmqClient(connection);
    const client = new TestClient(channels);
    await client.published('iopub_welcome');
    return new KernelUnderTest({ workspace, auditDir }, client, kernel, logged, async () => {
      await kernel.close();
      await channels.close();
      await remove();
      rmSync(top, { recursive: true, force: true });
    });
  }

  async run(code: string, content: object = {}): Promise<RanCell> {
    return this.finished(this.client.execute(code, content));
  }

  /** What the request with that id came to, when it is done. */
  async finished(id: string): Promise<RanCell> {
    const reply = await this.client.done(id);
    const outputs = this.client.received
      .filter(({ channel, message }) => channel === 'iopub' && message.parent_header['msg_id'] === id)
      .map(({ message }) => message)
      .filter(({ header }) => header.msg_type !== 'status' && header.msg_type !== 'execute_input');
    return { reply: reply.content, outputs, text: outputs.map(textOf).join('\n') };
  }

  end(): Promise<void> {
    return this.#end();
  }
}

function textOf({ content }: Message): string {
  if (typeof content['text'] === 'string') return content['text'];
  const data = content['data'] as Readonly<Record<string, unknown>> | undefined;
  return typeof data?.['text/plain'] === 'string' ? data['text/plain'] : '';
}
