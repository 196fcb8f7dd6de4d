import type { Log } from '../../http/log.ts';
import type { KeptKernel } from './keep/kept-kernel.ts';
import type { KernelListener } from './listener.ts';
import type { Launch } from './process.ts';

/** What a kernel is made of. */
export interface KernelOptions extends Launch {
  /** Where it is written down for the next server. */
  readonly kept: KeptKernel;
  /** Of messages that are kept for a client. */
  readonly bufferBytes: number;
  /** How long a question waits for a page that is away. */
  readonly inputMs: number;
  readonly listener?: KernelListener | undefined;
  readonly log: Log;
  /** It has ended unasked and has a new process. */
  readonly onRestarted: () => void;
  /** It has ended too often and is not started again. */
  readonly onDead: () => void;
}

/** How Jupyter's API shows a kernel. */
export interface KernelModel {
  readonly id: string;
  readonly name: string;
  readonly last_activity: string;
  readonly execution_state: string;
  readonly connections: number;
  readonly reason?: string;
}
