import { randomUUID } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ServerConfig } from '../../config.ts';
import { HttpError } from '../../http/errors.ts';
import type { Log } from '../../http/log.ts';
import type { Kernelspec, KernelspecManager } from '../kernelspecs/manager.ts';
import { tellDone, telling, type KernelAction, type TellAction } from './actions.ts';
import { Kernel } from './kernel.ts';
import type { KernelModel } from './model.ts';
import type { KernelListener } from './listener.ts';

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

type KernelsConfig = Pick<ServerConfig, 'dir' | 'bufferMb' | 'inputSeconds'>;

/** Makes who follows a kernel. */
export type Follow = (kernelId: string, kernelspec: Kernelspec) => KernelListener;

interface KernelListeners {
  /** Hears of all that is done with kernels. */
  readonly tell?: TellAction;
  /** Listens to each kernel. */
  readonly follow?: Follow;
}

/** The running kernels. */
export class KernelManager {
  readonly #kernelspecs: KernelspecManager;
  readonly #config: KernelsConfig;
  readonly #log: Log;
  readonly #follow: Follow | undefined;
  readonly #tell: TellAction;
  readonly #kernels = new Map<string, Kernel>();
  readonly #starting = new Set<string>();
  #lastActivity = new Date();

  constructor(
    kernelspecs: KernelspecManager,
    config: KernelsConfig,
    log: Log,
    { tell = () => undefined, follow }: KernelListeners = {},
  ) {
    this.#kernelspecs = kernelspecs;
    this.#config = config;
    this.#log = log;
    this.#tell = tell;
    this.#follow = follow;
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
    const name = request.name || this.#kernelspecs.defaultName();
    const id = request.id ?? randomUUID();
    const about = { action: 'start', kernel_id: id, kernel_name: name } as const;
    return telling(this.#tell, about, () => this.#start({ ...request, name, id }));
  }

  async #start({ name: wanted, path, env = {}, id: kernelId }: NamedRequest): Promise<Kernel> {
    const kernelspec = this.#kernelspecs.get(wanted);
    if (kernelspec === undefined) throw new NoSuchKernel(wanted);
    if (this.#kernels.size + this.#starting.size >= mostKernels) {
      throw new HttpError(503, `There are ${mostKernels} kernels. Shut one down first.`);
    }
    if (this.#kernels.has(kernelId) || this.#starting.has(kernelId)) {
      throw new HttpError(409, `Kernel already exists: ${kernelId}`);
    }
    this.#starting.add(kernelId);
    try {
      const kernel = await Kernel.start({
        ...{ kernelId, kernelspec, env },
        cwd: this.workingDirectory(path ?? ''),
        bufferBytes: this.#config.bufferMb * 2 ** 20,
        inputMs: this.#config.inputSeconds * 1000,
        listener: this.#follow?.(kernelId, kernelspec),
        log: this.#log,
        onRestarted: () => {
          tellDone(this.#tell, aboutOf({ id: kernelId, name: kernelspec.name }, 'restart'));
        },
        onDead: () => this.#remove(kernelId),
      });
      this.#kernels.set(kernelId, kernel);
      this.#log.info({ kernel: kernelId, name: kernelspec.name }, 'kernel started');
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
    this.#log.info({ kernel: id }, 'kernel shut down');
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

  /** The directory that a path of the API stands for, or the nearest one above it that is there and within the root. */
  workingDirectory(path: string): string {
    const { dir } = this.#config;
    if (path.includes('\0')) return dir;
    for (let at = join(dir, join('/', path)); at.length > dir.length; at = dirname(at)) {
      const real = directoryAt(at);
      if (real !== undefined) return isWithin(real, dir) ? real : dir;
    }
    return dir;
  }

  #remove(id: string): void {
    this.#lastActivity = new Date();
    this.#kernels.delete(id);
  }
}

const aboutOf = <A extends KernelAction['action']>(kernel: Pick<Kernel, 'id' | 'name'>, action: A) => ({
  ...{ action, kernel_id: kernel.id, kernel_name: kernel.name },
});

function directoryAt(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}
