import { z } from 'zod';
import { header, parentHeader } from './header.ts';
import { object } from './parts.ts';
import { asked, published } from './published.ts';
import { replies } from './replies.ts';

/** Where a client hears it. */
export type Channel = 'shell' | 'control' | 'stdin' | 'iopub';

/** A message as it came over the wire. */
export interface WireMessage {
  readonly header: unknown;
  readonly parent_header: unknown;
  readonly metadata: unknown;
  readonly content: unknown;
  readonly buffers: { readonly length: number };
}

/** The types that a channel carries. A reply comes where its request came; that this was the right one is the client's part. */
const contents: Readonly<Record<Channel, Readonly<Record<string, z.ZodType>>>> = {
  shell: replies,
  control: replies,
  stdin: asked,
  iopub: published,
};

/** The types of all that a kernel may send. */
export const knownTypes: readonly string[] = [
  ...new Set([replies, published, asked].flatMap((schemas) => Object.keys(schemas))),
];

const envelope = z.object({ header, parent_header: parentHeader, metadata: object });

/** What of a message is not as the specification has it, one line each. `[]` for one that is right. */
export function problemsOf(channel: Channel, message: WireMessage): string[] {
  const { content, buffers } = message;
  const outside = envelope.safeParse(message);
  const { msg_type, msg_id } = outside.data?.header ?? ({} as Partial<z.infer<typeof header>>);
  const problems = outside.success ? [] : lines('', outside.error);
  if (msg_type === undefined || msg_id === undefined) return problems;
  const schema = Object.hasOwn(contents[channel], msg_type) ? contents[channel][msg_type] : undefined;
  if (schema === undefined) return [...problems, `there is no ${msg_type} on ${channel}`];
  const inside = schema.safeParse(content);
  if (!inside.success) problems.push(...lines('content', inside.error));
  const parent = outside.data?.parent_header.msg_type;
  if (msg_type.endsWith('_reply') && parent !== msg_type.replace(/_reply$/, '_request')) {
    problems.push(`it answers ${String(parent)}`);
  }
  if (msg_type === 'iopub_welcome' && parent !== undefined) problems.push('it has a parent');
  if (buffers.length > 0 && !msg_type.startsWith('comm_')) problems.push('it has buffers');
  return problems.map((problem) => `${msg_type} on ${channel}: ${problem}`);
}

const lines = (where: string, { issues }: z.ZodError): string[] =>
  issues.map(({ path, message }) => `${[where, ...path].filter(Boolean).join('.')}: ${message}`);
