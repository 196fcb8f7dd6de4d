import { z } from 'zod';
import type { Received } from './sockets.ts';

const status = z.object({ execution_state: z.string().max(100) });

/** Requests that people do not make by working: jupyter_server's list, without the types that are no requests. */
const untracked = new Set([
  ...['comm_info_request', 'comm_info_reply', 'kernel_info_request', 'kernel_info_reply'],
  ...['shutdown_request', 'shutdown_reply', 'interrupt_request', 'interrupt_reply'],
  ...['debug_request', 'debug_reply', 'stream', 'display_data', 'update_display_data', 'execute_input'],
  ...['execute_result', 'error', 'status', 'clear_output', 'debug_event', 'input_request', 'input_reply'],
  ...['iopub_welcome', 'create_subshell_request', 'delete_subshell_request', 'list_subshell_request'],
]);

/** What the server knows of how a kernel does, told from what it publishes. */
export class Activity {
  state = 'starting';
  last = new Date();
  /** It was taken over, and nobody knows yet what it does. */
  #isUnknown = false;

  /** Takes a message of iopub, as jupyter_server does: states that only follow from asking who it is do not count. */
  note({ header, parent, raw }: Received): void {
    const parentType = parent['msg_type'];
    const tracked = typeof parentType === 'string' && !untracked.has(parentType);
    if (tracked || !untracked.has(header.msg_type) || this.state === 'busy') this.last = new Date();
    if (header.msg_type !== 'status') return;
    const state = stateOf(raw.parts[3]);
    if (state === undefined) return;
    if (tracked) this.#isUnknown = false;
    if (tracked) this.state = state;
    else if (this.state === 'starting' && state !== 'starting') this.state = 'idle';
  }

  /** The process was another server's: until it says otherwise, it works. */
  takenOver(): void {
    this.state = 'busy';
    this.#isUnknown = true;
  }

  /** It has taken a request of the server's own: it works at nothing. */
  free(): void {
    if (this.#isUnknown) this.state = 'idle';
    this.#isUnknown = false;
  }

  /** The process is another one. */
  restarted(): void {
    this.#isUnknown = false;
    this.state = 'starting';
    this.last = new Date();
  }
}

function stateOf(content: Uint8Array): string | undefined {
  try {
    return status.parse(JSON.parse(Buffer.from(content).toString('utf8'))).execution_state;
  } catch {
    return undefined;
  }
}
