import { HttpError } from '../../http/errors.ts';

/** What was done with a kernel, or was tried: the data of Jupyter's event `kernel_actions`, version 1. */
export interface KernelAction {
  readonly action: 'start' | 'interrupt' | 'shutdown' | 'restart';
  readonly kernel_id: string;
  readonly kernel_name: string;
  readonly status: 'success' | 'error';
  readonly status_code?: number;
  readonly msg: string;
}

export type TellAction = (action: KernelAction) => void;

type About = Pick<KernelAction, 'action' | 'kernel_id' | 'kernel_name'>;

const done: Readonly<Record<KernelAction['action'], string>> = {
  start: 'started',
  interrupt: 'interrupted',
  shutdown: 'shutdown', // as jupyter_server writes it
  restart: 'restarted',
};

export function tellDone(tell: TellAction, about: About): void {
  tell({ ...about, status: 'success', msg: `Kernel ${about.kernel_id} was ${done[about.action]}.` });
}

/** Does something with a kernel and tells how it went. @throws what `work` throws */
export async function telling<T>(tell: TellAction, about: About, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    tellDone(tell, about);
    return result;
  } catch (error) {
    const status = error instanceof HttpError ? { status_code: error.status } : {};
    tell({ ...about, status: 'error', ...status, msg: (error as Error).message });
    throw error;
  }
}
