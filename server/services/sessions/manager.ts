import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { RepliqueError } from '../../../kernel/errors.ts';
import { Turns } from '../../../kernel/turns.ts';
import { HttpError } from '../../http/errors.ts';
import type { KernelModel } from '../kernels/contract.ts';
import type { Kernel } from '../kernels/kernel.ts';
import { NoSuchKernel, type KernelManager } from '../kernels/manager.ts';

/** What a session is made of, or changed to. */
export interface SessionFields {
  readonly path: string;
  readonly name: string | null;
  readonly type: string;
}

/** The kernel that is asked for: one that runs, or a new one. */
export interface KernelChoice {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

/** How Jupyter's API shows a session. */
export interface SessionModel extends SessionFields {
  readonly id: string;
  readonly kernel: KernelModel;
  /** For old clients. */
  readonly notebook?: { readonly path: string; readonly name: string | null };
}

interface Session extends SessionFields {
  readonly id: string;
  readonly kernelId: string;
}

const mostSessions = 2000;

type OnNotebooks = (kernelId: string, paths: readonly string[]) => void;

/** Where sessions are written down for the next server. */
export interface SessionRecords {
  sessions(): readonly Session[];
  saveSessions(sessions: readonly Session[]): void;
}

/** Which document has which kernel. */
export class SessionManager {
  readonly #kernels: KernelManager;
  readonly #onNotebooks: OnNotebooks;
  readonly #sessions = new Map<string, Session>();
  /** One begins at a time: two for the same path must become one. */
  readonly #turns = new Turns();
  readonly #records: SessionRecords;

  /**
   * Begins with the sessions that the server before has left, whose kernels are there.
   * @param onNotebooks is told of a kernel whose notebooks are others now
   */
  constructor(kernels: KernelManager, records: SessionRecords, onNotebooks: OnNotebooks = () => undefined) {
    this.#kernels = kernels;
    this.#records = records;
    this.#onNotebooks = onNotebooks;
    for (const session of records.sessions()) {
      if (kernels.get(session.kernelId) !== undefined) this.#sessions.set(session.id, session);
    }
    for (const id of new Set([...this.#sessions.values()].map(({ kernelId }) => kernelId))) this.#tell(id);
  }

  /** Those whose kernel is there; the others are forgotten. */
  list(): readonly SessionModel[] {
    return [...this.#sessions.values()].flatMap((session) => this.#present(session) ?? []);
  }

  /** @throws HttpError 404 */
  get(id: string): SessionModel {
    const session = this.#sessions.get(id);
    const model = session && this.#present(session);
    if (model === undefined) throw new HttpError(404, `Session not found: session_id='${id}'`);
    return model;
  }

  /**
   * The session of a path: the one that there is, or a new one.
   * @throws HttpError 409, 503; KernelNotStarted
   */
  async create(fields: SessionFields, choice: KernelChoice): Promise<SessionModel> {
    const leave = await this.#turns.enter();
    try {
      const existing = this.list().find(({ path }) => path === fields.path);
      if (existing !== undefined) return existing;
      if (this.#sessions.size >= mostSessions) throw new HttpError(503, 'There are too many sessions.');
      const running = choice.id ? this.#kernels.get(choice.id) : undefined;
      const kernel = running ?? (await this.#start(fields, choice));
      const session = { id: randomUUID(), kernelId: kernel.id, ...fields };
      this.#sessions.set(session.id, session);
      this.#changed(kernel.id);
      return this.get(session.id);
    } finally {
      leave();
    }
  }

  /**
   * Changes a session; where it gets another kernel, the old one ends. Changes that overlap are all made.
   * @throws HttpError 404, 400 for a kernel that there is not; KernelNotStarted
   */
  async update(id: string, changes: Partial<SessionFields>, choice: KernelChoice): Promise<SessionModel> {
    const before = this.get(id);
    const kernelId = await this.#chosen(before, choice);
    const now = this.#sessions.get(id);
    if (now === undefined) {
      if (kernelId !== undefined && !choice.id) await this.#kernels.shutdown(kernelId);
      throw new HttpError(404, `Session not found: session_id='${id}'`);
    }
    const next = { ...now, ...changes, kernelId: kernelId ?? now.kernelId };
    this.#sessions.set(id, next);
    this.#changed(next.kernelId);
    if (now.kernelId !== next.kernelId && !this.#isUsed(now.kernelId)) {
      await this.#kernels.shutdown(now.kernelId);
    }
    return this.get(id);
  }

  /**
   * Ends a session and its kernel.
   * @throws HttpError 404, and 410 where the kernel was gone before
   */
  async delete(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new HttpError(404, `Session not found: session_id='${id}'`);
    this.#sessions.delete(id);
    this.#save();
    if (this.#kernels.get(session.kernelId) === undefined) {
      throw new HttpError(410, 'Kernel deleted before session');
    }
    await this.#kernels.shutdown(session.kernelId);
  }

  #changed(kernelId: string): void {
    this.#save();
    this.#tell(kernelId);
  }

  #tell(kernelId: string): void {
    const notebooks = [...this.#sessions.values()].filter(
      (session) => session.kernelId === kernelId && session.type === 'notebook',
    );
    this.#onNotebooks(
      kernelId,
      notebooks.map(({ path }) => path),
    );
  }

  #save(): void {
    this.#records.saveSessions([...this.#sessions.values()]);
  }

  #present(session: Session): SessionModel | undefined {
    const kernel = this.#kernels.get(session.kernelId);
    if (kernel === undefined) return undefined;
    const { id, path, name, type } = session;
    const notebook = type === 'notebook' ? { notebook: { path, name } } : {};
    return { id, path, name, type, kernel: kernel.model(), ...notebook };
  }

  #isUsed(kernelId: string): boolean {
    return [...this.#sessions.values()].some((session) => session.kernelId === kernelId);
  }

  async #chosen(before: SessionModel, choice: KernelChoice): Promise<string | undefined> {
    if (choice.id) {
      if (this.#kernels.get(choice.id) === undefined)
        throw new HttpError(400, `No such kernel: ${choice.id}`);
      return choice.id;
    }
    return choice.name ? (await this.#start(before, { name: choice.name })).id : undefined;
  }

  /** @throws KernelNotStarted */
  async #start({ path, name }: SessionFields, choice: KernelChoice): Promise<Kernel> {
    const folder = dirname(path);
    // No variable of an environment can hold NUL.
    const file =
      name === null || name.includes('\0')
        ? {}
        : { JPY_SESSION_NAME: join(this.#kernels.workingDirectory(folder), name) };
    try {
      return await this.#kernels.start({ ...choice, path: folder, env: file });
    } catch (error) {
      if (error instanceof NoSuchKernel)
        throw new KernelNotStarted(error.message, `${choice.name ?? ''} not found`);
      if (!(error instanceof RepliqueError)) throw error;
      const short = `Error starting kernel ${choice.name ?? ''}`.trim();
      throw new KernelNotStarted(`${error.message} ${error.remedy}`, short);
    }
  }
}

/** A session that gets no kernel: its clients show both sentences. */
export class KernelNotStarted extends HttpError {
  readonly short: string;

  constructor(message: string, short: string) {
    super(501, message);
    this.short = short;
  }
}
