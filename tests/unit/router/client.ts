import { makeMessage } from '../../../kernel/protocol/header.ts';
import type { Envelope, JsonObject, Message, ParentHeader } from '../../../kernel/protocol/header.ts';
import type { RequestChannel } from '../../../kernel/wire/contract.ts';
import { noteFaults } from '../../support/protocol/faults.ts';
import { Transcript } from '../../support/protocol/transcript.ts';

/** The channels of a client, whatever carries them. */
export interface ClientChannels {
  receive(handler: (channel: RequestChannel | 'iopub', envelope: Envelope) => void): void;
  send(channel: RequestChannel, envelope: Envelope): void;
}

export interface Received {
  readonly channel: RequestChannel | 'iopub';
  readonly envelope: Envelope;
  readonly message: Message;
}

/**
 * A client for tests: keeps everything it receives, in order, and waits for what should come. A message that is not as
 * the protocol has it fails the test that runs.
 */
export class TestClient {
  readonly received: Received[] = [];
  readonly #channels: ClientChannels;
  readonly #identities: readonly Uint8Array[];
  readonly #waiting = new Set<() => void>();
  readonly #transcript: Transcript | undefined;

  /** @param onFaults is told what is wrong with a message; `false`: messages are not checked */
  constructor(
    channels: ClientChannels,
    identities: readonly Uint8Array[] = [Buffer.from('client-1')],
    onFaults: ((faults: readonly string[]) => void) | false = noteFaults,
  ) {
    this.#channels = channels;
    this.#identities = identities;
    this.#transcript = onFaults ? new Transcript() : undefined;
    channels.receive((channel, envelope) => {
      this.received.push({ channel, envelope, message: envelope.message });
      const faults = this.#transcript?.hears(channel, envelope.message) ?? [];
      if (onFaults && faults.length > 0) onFaults(faults);
      for (const look of this.#waiting) look();
    });
  }

  /** Sends a request and returns its id. */
  send(
    msgType: string,
    content: object = {},
    channel: RequestChannel = 'shell',
    parent: ParentHeader = {},
  ): string {
    return this.#send(channel, makeMessage(msgType, 'test', content, { parent }));
  }

  execute(code: string, content: object = {}, metadata: JsonObject = {}): string {
    return this.#send('shell', makeMessage('execute_request', 'test', { code, ...content }, { metadata }));
  }

  /** Sends a request to a subshell and returns its id. */
  sendTo(subshell: string, msgType: string, content: object = {}): string {
    const message = makeMessage(msgType, 'test', content);
    const header = { ...message.header, subshell_id: subshell };
    return this.#send('shell', { ...message, header });
  }

  #send(channel: RequestChannel, message: Message): string {
    this.#transcript?.sends(channel, message);
    this.#channels.send(channel, { identities: this.#identities, message });
    return message.header.msg_id;
  }

  /** The first message that fits, now or when it comes. */
  async message(fits: (received: Received) => boolean): Promise<Message> {
    const found = this.received.find(fits);
    if (found) return found.message;
    return new Promise((resolve) => {
      const look = (): void => {
        const hit = this.received.find(fits);
        if (!hit) return;
        this.#waiting.delete(look);
        resolve(hit.message);
      };
      this.#waiting.add(look);
    });
  }

  reply(id: string): Promise<Message> {
    return this.message(
      ({ channel, message }) => channel !== 'iopub' && parentOf(message) === id && isReply(message),
    );
  }

  idle(id: string): Promise<Message> {
    return this.message(
      ({ message }) => parentOf(message) === id && message.content['execution_state'] === 'idle',
    );
  }

  /** Sends, and waits for reply and idle. */
  async ask(msgType: string, content: object = {}, channel: RequestChannel = 'shell'): Promise<Message> {
    return this.done(this.send(msgType, content, channel));
  }

  async done(id: string): Promise<Message> {
    const reply = await this.reply(id);
    await this.idle(id);
    return reply;
  }

  published(msgType: string): Promise<Message> {
    return this.message(({ channel, message }) => channel === 'iopub' && message.header.msg_type === msgType);
  }

  /** What came in answer to a request, in order, in short: `busy`, `stream`, `execute_reply`, … */
  story(id: string): string[] {
    return this.received
      .filter(({ message }) => parentOf(message) === id)
      .map(({ message }) => brief(message));
  }
}

const parentOf = (message: Message): unknown => message.parent_header['msg_id'];

const isReply = ({ header }: Message): boolean => header.msg_type.endsWith('_reply');

export function brief({ header, content }: Message): string {
  return header.msg_type === 'status' ? String(content['execution_state']) : header.msg_type;
}
