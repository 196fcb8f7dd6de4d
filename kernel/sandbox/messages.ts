import { z } from 'zod';
import type { Frame } from './channel.ts';
import type { WorkerOutput } from './contract.ts';

/** Of the protocol between this kernel and its worker; the worker says its own in `hello`. */
const protocolVersion = 1;

const deepest = 64;
const name = z.string().max(1000);
const id = z.string().max(64);
const bundle = z.record(name, z.unknown());

const error = z.object({
  ename: z.string(),
  evalue: z.string(),
  traceback: z.array(z.string()).max(10_000),
});
/** @property quiet there was no text before it: none is waited for */
const output = { id, order: z.int().min(0), quiet: z.boolean().optional() };
const shown = { ...output, data: bundle, metadata: bundle, binary: z.array(name).max(1000) };

/** All that a worker may say. Every byte of it is hostile: the code that runs beside the worker can forge any message. */
const message = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hello'),
    version: z.literal(protocolVersion),
    role: z.enum(['worker', 'snapshot', 'checker', 'aside']),
    pid: z.int().min(2),
    threads: z.int().min(0).optional(),
  }),
  z.object({
    kind: z.literal('display'),
    ...shown,
    displayId: name.optional(),
    pager: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('update_display'), ...shown, displayId: name }),
  z.object({ kind: z.literal('result'), ...shown }),
  z.object({ kind: z.literal('clear_output'), ...output, wait: z.boolean() }),
  z.object({ kind: z.literal('error'), ...output, error }),
  z.object({
    kind: z.literal('comm'),
    ...output,
    event: z.enum(['open', 'msg', 'close']),
    comm: id,
    target: name.optional(),
    data: bundle,
  }),
  z.object({ kind: z.literal('input_request'), ...output, prompt: z.string(), password: z.boolean() }),
  z.object({
    kind: z.literal('done'),
    ...output,
    error: error.nullable(),
    userExpressions: bundle,
    /** Bytes that the process holds. */
    memory: z.int().min(0).optional(),
    /** Files of the workspace that the code has opened to read, relative to it. */
    opened: z.array(z.string().min(1).max(4096)).max(200).optional(),
  }),
  z.looseObject({ kind: z.literal('reply'), id, problem: z.string().optional() }),
  z.object({ kind: z.literal('stuck'), problem: z.string() }),
]);

type Parsed = z.infer<typeof message>;
export type WorkerMessage =
  | Exclude<Parsed, { kind: 'comm' }>
  | (Extract<Parsed, { kind: 'comm' }> & { readonly buffers: readonly Buffer[] });
export type DoneMessage = Extract<WorkerMessage, { kind: 'done' }>;
export type InputRequest = Extract<WorkerMessage, { kind: 'input_request' }>;
export type ReplyMessage = Extract<WorkerMessage, { kind: 'reply' }>;
type ShownMessage = Extract<WorkerMessage, { kind: 'display' | 'update_display' | 'result' }>;
type OutputMessage = Extract<
  WorkerMessage,
  { kind: 'display' | 'update_display' | 'result' | 'clear_output' | 'error' | 'comm' }
>;

/** What a running request may send. */
export type RunMessage = OutputMessage | InputRequest | DoneMessage;

/** The message in a frame; a string says what is wrong with it. */
export function parseMessage({ head, buffers }: Frame): WorkerMessage | string {
  if (isTooDeep(head, deepest)) return 'a message that is nested too deep';
  const parsed = message.safeParse(head);
  if (!parsed.success) return 'a message that is not of the protocol';
  const value = parsed.data;
  switch (value.kind) {
    case 'display':
    case 'update_display':
    case 'result':
      return withBuffers(value, buffers);
    case 'comm':
      return { ...value, buffers };
    default:
      return value;
  }
}

/** Images that came as bytes, as Jupyter has them: base64. */
function withBuffers<T extends ShownMessage>(value: T, buffers: readonly Buffer[]): T | string {
  if (value.binary.length !== buffers.length) return 'a message with wrong buffers';
  const images = value.binary.map((key, index) => [key, buffers[index]?.toString('base64')] as const);
  return { ...value, data: { ...value.data, ...Object.fromEntries(images) } };
}

/** The output of a message, in the shape that the rest of the kernel knows. */
export function outputOf(value: OutputMessage): WorkerOutput {
  switch (value.kind) {
    case 'display':
      return {
        kind: 'display',
        data: value.data,
        metadata: value.metadata,
        ...(value.displayId === undefined ? {} : { displayId: value.displayId }),
        ...(value.pager === true && { pager: true }),
      };
    case 'update_display':
      return {
        kind: 'update_display',
        data: value.data,
        metadata: value.metadata,
        displayId: value.displayId,
      };
    case 'result':
      return { kind: 'result', data: value.data, metadata: value.metadata };
    case 'clear_output':
      return { kind: 'clear_output', wait: value.wait };
    case 'error':
      return { kind: 'error', error: value.error };
    case 'comm': {
      const { kind, event, comm, target, data, buffers } = value;
      return { kind, event, comm, data, buffers, ...(target === undefined ? {} : { target }) };
    }
  }
}

function isTooDeep(value: unknown, left: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (left === 0) return true;
  return Object.values(value).some((item) => isTooDeep(item, left - 1));
}

const codePoints = z.int().min(0);

/** Answers to questions about code. */
const word = z.string().max(60);
export const completionReply = z.object({
  matches: z.array(z.object({ text: name, kind: word, signature: name })).max(1000),
  cursorStart: codePoints,
  cursorEnd: codePoints,
});
export const inspectionReply = z.object({ data: bundle.optional() });
export const namesReply = z.object({ names: z.array(z.object({ name, kind: word })).max(500) });
export const glanceReply = z.object({ text: z.string().max(20_000).optional() });
export const completenessReply = z.object({
  status: z.enum(['complete', 'incomplete', 'invalid']),
  indent: z.string().max(1000).optional(),
});

export const checkReply = z.object({ complaint: z.string().max(10_000).optional() });
const names = z.array(z.string().regex(/^[\p{L}_][\p{L}\p{N}\p{M}_]{0,59}$/u)).max(300);

/** At most as many paths are asked for at once, and as many characters of each. */
export const mostLooks = { paths: 100, characters: 20_000 } as const;
export const looksReply = z.object({
  looks: z
    .array(
      z.discriminatedUnion('status', [
        z.object({
          status: z.literal('value'),
          what: z.string().max(200),
          text: z.string().max(mostLooks.characters),
          isPart: z.boolean(),
        }),
        z.object({ status: z.literal('word') }),
        z.object({ status: z.literal('unknown'), names }),
        z.object({ status: z.literal('more') }),
      ]),
    )
    .max(mostLooks.paths),
  names,
});
export const variablesReply = z.object({
  variables: z
    .array(
      z.object({ name: z.string().regex(/^[\p{L}_][\p{L}\p{N}\p{M}_]{0,59}$/u), value: z.string().max(400) }),
    )
    .max(30),
});
