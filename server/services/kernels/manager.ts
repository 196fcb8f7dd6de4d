import { randomUUID } from 'node:crypto';
import type { ServerConfig } from '../../config.ts';
import { HttpError } from '../../http/errors.ts';
import type { Log } from '../../http/log.ts';
import { stillRuns } from '../../../kernel/processes.ts';
import type { Kernelspec, KernelspecManager } from '../kernelspecs/manager.ts';
import { tellDone, telling, type KernelAction, type TellAction } from './actions.ts';
import { removeConnectionFile } from './connection.ts';
import type { Keep } from './keep/keep.ts';
import { KeptKernel } from './keep/kept-kernel.ts';
import type { KernelRecord } from './keep/records.ts';
import { takeFromWatcher } from './keep/watcher.ts';
import type { KernelModel, KernelOptions } from './contract.ts';
import { Kernel } from './kernel.ts';
import type { KernelListener } from './listener.ts';
import { safeListener } from './safe-listener.ts';
import { endTree } from './process-tree.ts';
import { workingDirectory } from './working-directory.ts';

/** What a kernel is asked for with. */
export interface KernelRequest {
  /** Of the kernelspec; absent: the default. */
  readonly name?: string | undefined;
  /** Where it starts, as a path of the API. */
  readonly path?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** An id that the client has chosen. */
  readonly id?: string | undefined;
}

type NamedRequest = KernelRequest & { readonly name: string; readonly id: string };

/** Kernels that one server runs at once. */
const mostKernels = 500;

/** A kernelspec that there is not. */
export class NoSuchKernel extends HttpError {
  constructor(name: string) {
    super(
      400,
      `The '${name}' kernel is not available. Please pick another suitable kernel instead, or install that kernel.`,
    );
  }
}

/** Makes who follows a kernel. */
type Follow = (kernelId: string, kernelspec: Kernelspec) => KernelListener;

export interface KernelManagerOptions {
  readonly kernelspecs: KernelspecManager;
  readonly config: Pick<ServerConfig, 'dir' | 'bufferMb' | 'inputSeconds'>;
  readonly keep: Keep;
  readonly log: Log;
  /** Hears of all that is done with kernels. */
  readonly tell?: TellAction;
  /** Listens to each kernel, also to one that is taken over. */
  readonly follow?: Follow;
  /** Told the kernelspec of a kernel that has ended by itself and was started again. */
  readonly onRestarted?: (name: string) => void;
}

/** The running kernels. */
export class KernelManager {
  readonly #o: KernelManagerOptions;
  readonly #tell: TellAction;
  readonly #kernels = new Map<string, Kernel>();
  readonly #starting = new Set<string>();
  #lastActivity = new Date();

  constructor(options: KernelManagerOptions) {
    this.#o = options;
    this.#tell = options.tell ?? (() => undefined);
  }

  get(id: string): Kernel | undefined {
    return this.#kernels.get(id);
  }

  all(): readonly Kernel[] {
    return [...this.#kernels.values()];
  }

  list(): readonly KernelModel[] {
    return this.all().map((kernel) => kernel.model());
  }

  /** When anything last happened in a kernel, those that are gone included. */
  get lastActivity(): Date {
    for (const { activity } of this.#kernels.values()) {
      if (activity.last > this.#lastActivity) this.#lastActivity = activity.last;
    }
    return this.#lastActivity;
  }

  /**
   * Starts a kernel.
   * @throws NoSuchKernel; HttpError 409 where its id is taken, 503 where there are too many; RepliqueError KERNEL_FAILED
   */
  start(request: KernelRequest): Promise<Kernel> {
    const name = request.name || this.#o.kernelspecs.defaultName();
    const id = request.id ?? randomUUID();
    const about = { action: 'start', kernel_id: id, kernel_name: name } as const;
    return telling(this.#tell, about, () => this.#start({ ...request, name, id }));
  }

  async #start({ name: wanted, path, env = {}, id: kernelId }: NamedRequest): Promise<Kernel> {
    const kernelspec = this.#o.kernelspecs.get(wanted);
    if (kernelspec === undefined) throw new NoSuchKernel(wanted);
    if (this.#kernels.size + this.#starting.size >= mostKernels) {
      throw new HttpError(503, `There are ${mostKernels} kernels. Shut one down first.`);
    }
    if (this.#kernels.has(kernelId) || this.#starting.has(kernelId)) {
      throw new HttpError(409, `Kernel already exists: ${kernelId}`);
    }
    this.#starting.add(kernelId);
    try {
      this.#o.keep.watch();
      const record = { id: kernelId, name: kernelspec.name, cwd: this.workingDirectory(path ?? ''), env };
      const kernel = await Kernel.start(this.#optionsOf(record, kernelspec));
      this.#kernels.set(kernelId, kernel);
      this.#o.log.info({ kernel: kernelId, name: kernelspec.name }, 'kernel started');
      return kernel;
    } finally {
      this.#starting.delete(kernelId);
    }
  }

  /** Ends a kernel; one that is not there is left alone. */
  async shutdown(id: string): Promise<void> {
    const kernel = this.#kernels.get(id);
    this.#remove(id);
    if (kernel === undefined) return;
    await telling(this.#tell, aboutOf(kernel, 'shutdown'), () => kernel.shutdown());
    this.#o.log.info({ kernel: id }, 'kernel shut down');
  }

  interrupt(kernel: Kernel): Promise<void> {
    return telling(this.#tell, aboutOf(kernel, 'interrupt'), () => {
      kernel.interrupt();
      return Promise.resolve();
    });
  }

  /** @throws RepliqueError KERNEL_FAILED */
  restart(kernel: Kernel): Promise<void> {
    return telling(this.#tell, aboutOf(kernel, 'restart'), () => kernel.restart());
  }

  async shutdownAll(): Promise<void> {
    await Promise.all([...this.#kernels.keys()].map((id) => this.shutdown(id)));
  }

  /**
   * Takes over the kernels that the server before has left. Those that have ended meanwhile are gone.
   */
  async takeOver(): Promise<void> {
    const { keep } = this.#o;
    const records = keep.store.kernels();
    if (records.length > 0) keep.watch();
    for (const id of keep.store.damaged()) await this.#endLost(id);
    const taken = await Promise.all(records.map((record) => this.#takeOver(record)));
    await takeFromWatcher(keep.store);
    for (const kernel of taken) kernel?.goOn();
  }

  /** Lets clients leave without anything being lost: `leave` follows. */
  hold(): void {
    for (const kernel of this.all()) kernel.clients.keepAll();
  }

  /** Lets go of the kernels, which go on for the next server. */
  async leave(): Promise<void> {
    await this.#o.keep.handOver();
    await Promise.all(this.all().map((kernel) => kernel.leave()));
    if (this.#kernels.size > 0) this.#o.keep.store.letGo();
    this.#o.log.info({ kernels: this.#kernels.size }, 'kernels are left to the next server');
  }

  async #takeOver(record: KernelRecord): Promise<Kernel | undefined> {
    const { kernelspecs, log, keep } = this.#o;
    const { id } = record;
    try {
      const kernelspec = kernelspecs.get(record.name);
      if (kernelspec === undefined) throw new NoSuchKernel(record.name);
      const kernel = await Kernel.takeOver(this.#optionsOf(record, kernelspec, record), record);
      this.#kernels.set(id, kernel);
      log.info({ kernel: id, name: record.name }, 'kernel taken over');
      return kernel;
    } catch (error) {
      log.warn({ kernel: id, name: record.name, err: error }, 'kernel can’t be taken over');
      await endTree(stillRuns(record.process) ? record.process.pid : undefined, id);
      await removeConnectionFile({ path: record.connectionFile });
      keep.store.removeKernel(id);
      return undefined;
    }
  }

  /** Ends a kernel of which nobody can say any more how it is reached. */
  async #endLost(id: string): Promise<void> {
    this.#o.log.warn({ kernel: id }, 'kernel can’t be taken over: what was written down of it is damaged');
    await endTree(undefined, id);
    this.#o.keep.store.removeKernel(id);
  }

  #optionsOf(
    { id, name, cwd, env }: Pick<KernelRecord, 'id' | 'name' | 'cwd' | 'env'>,
    kernelspec: Kernelspec,
    before?: KernelRecord,
  ): KernelOptions {
    const { keep, log, config, follow, onRestarted } = this.#o;
    const listener = follow?.(id, kernelspec);
    const kept = new KeptKernel(keep.store, { id, name, cwd, env }, log, before);
    return {
      ...{ kernelId: id, kernelspec, cwd, env, kept, log },
      printedFile: kept.printedFile,
      outlives: keep.outlives,
      bufferBytes: config.bufferMb * 2 ** 20,
      inputMs: config.inputSeconds * 1000,
      listener:
        listener && safeListener(listener, (err) => log.error({ kernel: id, err }, 'listener failed')),
      onRestarted: () => {
        onRestarted?.(name);
        tellDone(this.#tell, aboutOf({ id, name }, 'restart'));
      },
      onDead: () => this.#remove(id),
    };
  }

  /** The directory that a path of the API stands for. */
  workingDirectory(path: string): string {
    return workingDirectory(this.#o.config.dir, path);
  }

  #remove(id: string): void {
    this.#lastActivity = new Date();
    this.#kernels.delete(id);
  }
}

const aboutOf = <A extends KernelAction['action']>(kernel: Pick<Kernel, 'id' | 'name'>, action: A) => ({
  ...{ action, kernel_id: kernel.id, kernel_name: kernel.name },
});
