import { z } from 'zod';
import { count, cursor, failure, mimeBundle, named, object, outputMetadata, text } from './parts.ts';

/** The content of what a kernel answers: "Messages on the shell (ROUTER/DEALER) channel" and those on control. */

const ok = z.literal('ok');
/** "Request-Reply": deprecated, and with no other field. */
const aborted = z.strictObject({ status: z.literal('aborted') });

type Fields = Readonly<Record<string, z.ZodType>>;
const reply = (fields: Fields) =>
  z.discriminatedUnion('status', [z.strictObject({ status: ok, ...fields }), failure, aborted]);

/** "Execute": each expression is answered by a bundle or by its own error. */
const expression = z.discriminatedUnion('status', [
  z.strictObject({ status: ok, data: mimeBundle, metadata: outputMetadata }),
  failure,
]);

/** "Payloads (DEPRECATED)". */
const payload = z.discriminatedUnion('source', [
  z.strictObject({ source: z.literal('page'), data: mimeBundle, start: z.int() }),
  z.strictObject({ source: z.literal('set_next_input'), text, replace: z.boolean() }),
  z.strictObject({ source: z.literal('edit_magic'), filename: text, line_number: z.int() }),
  z.strictObject({ source: z.literal('ask_exit'), keepkernel: z.boolean() }),
]);

/** "Execution results": the counter is there whatever the status; where a cell was aborted ipykernel leaves it out. */
const execute = z.discriminatedUnion('status', [
  z.strictObject({
    status: ok,
    execution_count: count,
    payload: z.array(payload).optional(),
    user_expressions: z.record(z.string(), expression),
  }),
  failure.extend({ execution_count: count }),
  aborted.extend({ execution_count: count.optional() }),
]);

/** "Code completeness": its status is one of its own, or that of any reply that failed. */
const isComplete = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('incomplete'), indent: text }),
  z.strictObject({ status: z.enum(['complete', 'invalid', 'unknown']) }),
  failure,
  aborted,
]);

/** "Kernel info". */
const kernelInfo = reply({
  protocol_version: z.string().regex(/^5\.\d+(?:\.\d+)?$/),
  implementation: named,
  implementation_version: named,
  language_info: z.strictObject({
    name: named,
    version: text,
    mimetype: z.string().regex(/^[\w-]+\/[\w.+-]+$/),
    file_extension: z.string().startsWith('.'),
    pygments_lexer: named.optional(),
    codemirror_mode: z.union([named, object]).optional(),
    nbconvert_exporter: named.optional(),
  }),
  banner: text,
  debugger: z.boolean().optional(),
  help_links: z.array(z.strictObject({ text, url: text })).optional(),
  supported_features: z.array(named).optional(),
});

/** "History": session, line, and the input or the input with its output. */
const entry = z.tuple([z.int(), z.int(), z.union([text, z.tuple([text, text.nullable()])])]);

const port = z.int().min(0).max(65_535);
/** "Connect". */
const connect = reply({
  ...{ shell_port: port, iopub_port: port, stdin_port: port, hb_port: port, control_port: port },
});

/** "Debug request": its content is a response of the Debug Adapter Protocol, without Jupyter's status. */
const response = z.strictObject({
  type: z.literal('response'),
  seq: z.int().optional(),
  request_seq: z.int(),
  command: text,
  success: z.boolean(),
  message: text.optional(),
  body: object,
});
const debug = z.union([response, failure]);

/** "Kernel shutdown". */
export const shutdown = reply({ restart: z.boolean() });

export const replies = {
  execute_reply: execute,
  inspect_reply: reply({ found: z.boolean(), data: mimeBundle, metadata: outputMetadata }),
  complete_reply: reply({
    matches: z.array(text),
    cursor_start: cursor,
    cursor_end: cursor,
    metadata: object,
  }),
  history_reply: reply({ history: z.array(entry) }),
  is_complete_reply: isComplete,
  comm_info_reply: reply({ comms: z.record(named, z.strictObject({ target_name: named })) }),
  connect_reply: connect,
  debug_reply: debug,
  kernel_info_reply: kernelInfo,
  interrupt_reply: reply({}),
  shutdown_reply: shutdown,
  // "Kernel subshells", Jupyter Enhancement Proposal 91.
  create_subshell_reply: reply({ subshell_id: named }),
  delete_subshell_reply: reply({}),
  list_subshell_reply: reply({ subshell_id: z.array(named) }),
} as const;
