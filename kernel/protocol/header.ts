import { v4 as uuid } from 'uuid';

/** Version of Jupyter's messaging protocol that these codecs write. */
export const PROTOCOL_VERSION = '5.5';

/** JSON as an object; nothing in it has been checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

type Plain = string | number | boolean | null;

/**
 * Header of a message, as in Jupyter's messaging specification. Only plain values: what a peer nests in its header
 * is dropped on the way in, for a header is sent back as the parent of every reply.
 */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly [extra: string]: Plain;
}

/** Header of the request that a message answers; `{}` where there is none. */
export type ParentHeader = Readonly<Record<string, Plain>>;

/** One message of any channel. The field names are Jupyter's. */
export interface Message {
  readonly header: Header;
  readonly parent_header: ParentHeader;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Uint8Array[];
}

/** A message with the ZeroMQ identities it came from or goes to (on iopub: the topic). */
export interface Envelope {
  readonly identities: readonly Uint8Array[];
  readonly message: Message;
}

/** Makes the header of a new message of this session. */
function makeHeader(msgType: string, session: string): Header {
  return {
    msg_id: uuid(),
    msg_type: msgType,
    session,
    username: 'replique',
    date: new Date().toISOString(),
    version: PROTOCOL_VERSION,
  };
}

/** Makes a new message of this session, in answer to `parent` where there is one. */
export function makeMessage(
  msgType: string,
  session: string,
  content: object,
  options: {
    readonly parent?: ParentHeader;
    readonly metadata?: JsonObject;
    readonly buffers?: readonly Uint8Array[];
  } = {},
): Message {
  return {
    header: makeHeader(msgType, session),
    parent_header: options.parent ?? {},
    metadata: options.metadata ?? {},
    content: { ...content },
    buffers: options.buffers ?? [],
  };
}
