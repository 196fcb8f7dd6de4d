import type { ServerConfig } from '../../config.ts';
import type { Log } from '../../http/log.ts';
import type { Kernel } from './kernel.ts';

type CullConfig = Pick<
  ServerConfig,
  'cullIdleSeconds' | 'cullIntervalSeconds' | 'cullConnected' | 'cullBusy'
>;

interface Kernels {
  all(): readonly Kernel[];
  shutdown(id: string): Promise<void>;
}

/** Whether nobody needs a kernel any more. */
function isIdle({ activity, clients }: Kernel, config: CullConfig): boolean {
  const idleMs = Date.now() - activity.last.getTime();
  const long = idleMs > config.cullIdleSeconds * 1000;
  const resting = config.cullBusy || activity.state !== 'busy';
  return long && resting && (config.cullConnected || clients.count === 0);
}

/**
 * Ends kernels that nobody has used for long.
 * @returns what stops that
 */
export function startCulling(kernels: Kernels, config: CullConfig, log: Log): () => void {
  if (config.cullIdleSeconds === 0) return () => undefined;
  const cull = async (): Promise<void> => {
    for (const kernel of kernels.all().filter((each) => isIdle(each, config))) {
      log.info({ kernel: kernel.id }, 'kernel was idle too long');
      await kernels.shutdown(kernel.id);
    }
  };
  const timer = setInterval(() => {
    cull().catch((error: unknown) => log.error({ err: error }, 'culling failed'));
  }, config.cullIntervalSeconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
}
