import { z } from 'zod';
import { count, errorFields, mimeBundle, named, object, outputMetadata, text } from './parts.ts';
import { shutdown } from './replies.ts';

/** The content of "Messages on the IOPub (PUB/SUB) channel", of "Custom Messages", and of what is asked on stdin. */

/** "Display Data": an object or absent, never null. */
const transient = z.strictObject({ display_id: named.optional() });
const display = { data: mimeBundle, metadata: outputMetadata };

export const published = {
  stream: z.strictObject({ name: z.enum(['stdout', 'stderr']), text }),
  display_data: z.strictObject({ ...display, transient: transient.optional() }),
  /** "Update Display Data": must name the display. */
  update_display_data: z.strictObject({ ...display, transient: z.strictObject({ display_id: named }) }),
  /** "Code inputs". */
  execute_input: z.strictObject({ code: text, execution_count: count }),
  /** "Execution results". */
  execute_result: z.strictObject({ ...display, execution_count: count, transient: transient.optional() }),
  /** "Execution errors". */
  error: z.strictObject(errorFields),
  /** "Kernel status". */
  status: z.strictObject({ execution_state: z.enum(['busy', 'idle', 'starting']) }),
  /** "Clear output". */
  clear_output: z.strictObject({ wait: z.boolean() }),
  /** "Opening a Comm". */
  comm_open: z.strictObject({ comm_id: named, target_name: named, data: object }),
  /** "Comm Messages". */
  comm_msg: z.strictObject({ comm_id: named, data: object }),
  /** "Tearing Down Comms". */
  comm_close: z.strictObject({ comm_id: named, data: object }),
  /** Jupyter Enhancement Proposal 65: the topic that was subscribed to. */
  iopub_welcome: z.strictObject({ subscription: text }),
  /** As ipykernel tells every client of a shutdown. */
  shutdown_reply: shutdown,
} as const;

/** "Messages on the stdin (ROUTER/DEALER) channel". */
export const asked = {
  input_request: z.strictObject({ prompt: text, password: z.boolean() }),
} as const;
