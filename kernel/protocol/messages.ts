import type * as KernelMessage from '@jupyterlab/services/lib/kernel/messages';
import { z } from 'zod';
import type { Message } from './header.ts';

/** The content of messages by their type: schemas for what comes in, types for what goes out. */

const text = z.string();
const cursor = z.number().int().min(0);

/** More than any client asks for beside one cell. */
const mostExpressions = 1000;

const requestContents = {
  kernel_info_request: z.object({}),
  execute_request: z.object({
    code: text,
    silent: z.boolean().default(false),
    store_history: z.boolean().optional(),
    user_expressions: z
      .record(z.string(), z.string())
      .refine((asked) => Object.keys(asked).length <= mostExpressions)
      .nullish(),
    allow_stdin: z.boolean().default(false),
    stop_on_error: z.boolean().default(true),
  }),
  is_complete_request: z.object({ code: text }),
  complete_request: z.object({ code: text, cursor_pos: cursor.optional() }),
  inspect_request: z.object({
    code: text,
    cursor_pos: cursor.optional(),
    detail_level: z.union([z.literal(0), z.literal(1)]).default(0),
  }),
  history_request: z.object({
    hist_access_type: z.enum(['range', 'tail', 'search']).default('tail'),
    output: z.boolean().default(false),
    /** There is only one form of a cell. */
    raw: z.boolean().default(true),
    session: z.number().int().nullish(),
    start: z.number().int().nullish(),
    stop: z.number().int().nullish(),
    n: cursor.nullish(),
    pattern: z.string().max(1000).nullish(),
    unique: z.boolean().nullish(),
  }),
  comm_info_request: z.object({ target_name: text.nullish() }),
  connect_request: z.object({}),
  debug_request: z.object({ seq: z.number().int().default(0), command: z.string().max(200) }),
  interrupt_request: z.object({}),
  create_subshell_request: z.object({}),
  delete_subshell_request: z.object({ subshell_id: text }),
  list_subshell_request: z.object({}),
  shutdown_request: z.object({ restart: z.boolean().default(false) }),
};

type RequestType = keyof typeof requestContents;
export type RequestContent<T extends RequestType> = z.infer<(typeof requestContents)[T]>;

/** A request a kernel knows, with the content its type has. */
export type KnownRequest = {
  [T in RequestType]: { readonly msg_type: T; readonly content: RequestContent<T> };
}[RequestType];

/** What a message asks of a kernel. */
export type Request =
  | KnownRequest
  | { readonly msg_type: 'unknown'; readonly received: string }
  | { readonly msg_type: 'malformed'; readonly received: RequestType; readonly problem: string };

interface ShutdownReply {
  readonly status: 'ok';
  readonly restart: boolean;
}

/** Session, line, and the source, or source and output. */
export type HistoryEntry = readonly [number, number, string | readonly [string, string | null]];

/** Where a kernel listens. */
export type Ports = Readonly<
  Record<'shell_port' | 'control_port' | 'stdin_port' | 'iopub_port' | 'hb_port', number>
>;

/** A response of the Debug Adapter Protocol. */
interface DebugReply {
  readonly type: 'response';
  readonly seq: number;
  readonly request_seq: number;
  readonly command: string;
  readonly success: boolean;
  readonly message: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Content of the answer to each request. */
export interface ReplyContents {
  kernel_info_request: KernelMessage.IInfoReplyMsg['content'] & { readonly debugger: boolean };
  execute_request: KernelMessage.IExecuteReplyMsg['content'];
  is_complete_request: KernelMessage.IIsCompleteReplyMsg['content'];
  complete_request: KernelMessage.ICompleteReplyMsg['content'];
  inspect_request: KernelMessage.IInspectReplyMsg['content'];
  history_request: { readonly status: 'ok'; readonly history: readonly HistoryEntry[] };
  comm_info_request: KernelMessage.ICommInfoReplyMsg['content'];
  connect_request: { readonly status: 'ok' } & Partial<Ports>;
  debug_request: DebugReply;
  interrupt_request: KernelMessage.IInterruptReplyMsg['content'];
  create_subshell_request: { readonly status: 'ok'; readonly subshell_id: string };
  delete_subshell_request: { readonly status: 'ok' };
  list_subshell_request: { readonly status: 'ok'; readonly subshell_id: string[] };
  shutdown_request: ShutdownReply;
}

/** The type that answers have for JSON that others made; it is checked when the message is written. */
export type ReplyJson = KernelMessage.IInspectReply['data'];

/** Content of an answer that tells of an error, whatever the request. */
export type ErrorReply = KernelMessage.IReplyErrorContent;

export type ExecutionState = Extract<KernelMessage.Status, 'starting' | 'busy' | 'idle'>;

const inputReply = z.object({ value: z.string() });

/** The line a person typed, out of an `input_reply`; `undefined` where the message is no such thing. */
export function inputReplyValue(message: Message): string | undefined {
  if (message.header.msg_type !== 'input_reply') return undefined;
  return inputReply.safeParse(message.content).data?.value;
}

const commMessage = z.object({
  comm_id: z.string().min(1).max(64),
  data: z.record(z.string(), z.unknown()).default({}),
});
const commEvents = { comm_open: 'open', comm_msg: 'msg', comm_close: 'close' } as const;

/** What a client says to a comm, for which there is no reply. */
export interface CommRequest {
  readonly event: 'open' | 'msg' | 'close';
  readonly comm: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Reads a comm's message; `malformed` where it is none that can be, `undefined` where it is of another type. */
export function parseComm({ header, content, buffers }: Message): CommRequest | 'malformed' | undefined {
  const { msg_type } = header;
  if (!isCommType(msg_type)) return undefined;
  const parsed = commMessage.safeParse(content);
  if (!parsed.success) return 'malformed';
  return { event: commEvents[msg_type], comm: parsed.data.comm_id, data: parsed.data.data, buffers };
}

const isCommType = (type: string): type is keyof typeof commEvents => Object.hasOwn(commEvents, type);

/** Reads what a message on shell or control asks. */
export function parseRequest({ header, content }: Message): Request {
  const { msg_type } = header;
  if (!isRequestType(msg_type)) return { msg_type: 'unknown', received: msg_type };
  const result = requestContents[msg_type].safeParse(content);
  if (result.success) return { msg_type, content: result.data } as KnownRequest;
  const fields = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
  return { msg_type: 'malformed', received: msg_type, problem: `wrong or missing: ${fields.join(', ')}` };
}

/** The type of the answer to a request: `x_request` is answered by `x_reply`. */
export const replyType = (requestType: string): string => requestType.replace(/_request$/, '_reply');

const isRequestType = (type: string): type is RequestType => Object.hasOwn(requestContents, type);
