import type { ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import type { Envelope, Header, Message } from '../../../kernel/protocol/header.ts';
import type { RequestChannel } from '../../../kernel/wire/contract.ts';
import { ZmqClient } from '../../integration/wire-client.ts';
import { Transcript } from '../../support/protocol/transcript.ts';
import type { Random } from '../random.ts';
import { expectationOf } from './expectation.ts';
import { partsOf, signed, type Parts } from './frames.ts';
import { headerOf } from './requests.ts';
import { anyValue, type Json } from './values.ts';

/** A request that waits for its answer. */
interface Pending {
  readonly type: string;
  wantsReply: boolean;
  wantsIdle: boolean;
}

interface Sent {
  readonly channel: RequestChannel;
  readonly frames: Buffer[];
}

const hangMs = 30_000;
const interruptMs = 25;
const remembered = 500;

/** A client whose requests must be answered, each once, and who is told what comes beside that. */
export class Peer {
  /** Marks of cells that may run: each was in a request that was validly signed. */
  readonly mayRun = new Set<string>();
  readonly faults: string[] = [];
  readonly subshells: string[] = [];
  answered = 0;
  readonly #key: string;
  readonly #random: Random;
  readonly #channels: ZmqClient;
  /** Has the key, but asked for nothing. */
  readonly #stranger: ZmqClient;
  readonly #transcript = new Transcript();
  readonly #pending = new Map<string, Pending>();
  readonly #sent = new Set<string>();
  /** What the kernel has had, and what is on its way: sent again on another channel, that might come first. */
  #had: Sent[] = [];
  #underWay: Sent[] = [];
  #isWelcome = false;
  #onChange: () => void = () => undefined;

  constructor(connection: ConnectionInfo, random: Random) {
    this.#key = connection.key;
    this.#random = random;
    this.#channels = new ZmqClient(connection);
    this.#stranger = new ZmqClient(connection);
    this.#channels.receive((channel, envelope) => this.#hear(channel, envelope));
  }

  /** Settles when the kernel has said that it listens. */
  async welcomed(): Promise<void> {
    await this.#until(() => this.#isWelcome);
  }

  /** Sends a message that is validly signed; what it deserves is then waited for. */
  request(channel: RequestChannel, parts: Parts, buffers: readonly Buffer[] = [], identities = 0): void {
    const { wants, header, content } = expectationOf(channel, parts);
    const isTwice = wants !== 'nothing' && this.#sent.has(header['msg_id'] as string);
    if (isTwice) return; // its answers could not be told apart
    if (header['msg_type'] === 'shutdown_request') return; // which is sent once, at the end
    if (wants !== 'nothing') this.#expect(channel, header as Header, content, wants === 'reply');
    const frames = signed(parts, this.#key, buffers);
    this.#underWay.push({ channel, frames });
    this.raw(channel, [...Array.from({ length: identities }, () => Buffer.from('hop')), ...frames]);
  }

  /** Sends frames as they are; nothing is to come of them. */
  raw(channel: RequestChannel, frames: Buffer[]): void {
    this.#channels.sendFrames(channel, frames.length > 0 ? frames : [Buffer.alloc(0)]);
  }

  /** Sends a message once more that the kernel has had. */
  replay(): void {
    if (this.#had.length === 0) return;
    const { channel, frames } = this.#random.pick(this.#had);
    this.raw(this.#random.chance(0.8) ? channel : this.#random.pick(['shell', 'control', 'stdin']), frames);
  }

  /** Waits until every request has its answer; cells that would run on are interrupted. `false`: it hangs. */
  async settle(): Promise<boolean> {
    const interrupt = (): void => this.ask('control', 'interrupt_request', {});
    const timer = setInterval(interrupt, interruptMs);
    const isSettled = await this.allAnswered();
    clearInterval(timer);
    return isSettled;
  }

  /** Waits until every request has its answer. `false`: it hangs. */
  async allAnswered(): Promise<boolean> {
    await this.#until(() => this.#pending.size === 0);
    this.#had = [...this.#had, ...this.#underWay].slice(-remembered);
    this.#underWay = [];
    for (const { type, wantsReply } of this.#pending.values()) {
      this.faults.push(`no ${wantsReply ? 'reply' : 'idle'} for ${type}`);
    }
    const hangs = this.#pending.size > 0;
    this.#pending.clear();
    return !hangs;
  }

  /** Sends a request that is right. */
  ask(channel: RequestChannel, type: string, content: Json): void {
    const draft = { header: headerOf(type), parent_header: {}, metadata: {}, content, buffers: [] };
    const { header } = draft;
    this.#expect(channel, header as unknown as Header, content, true);
    this.raw(channel, signed(partsOf(draft), this.#key));
  }

  async close(): Promise<void> {
    await Promise.all([this.#channels.close(), this.#stranger.close()]);
  }

  #expect(channel: RequestChannel, header: Header, content: Json, wantsReply: boolean): void {
    this.#sent.add(header.msg_id);
    this.#transcript.sends(channel, { header, content });
    const { code } = content;
    const command = typeof code === 'string' ? /^\w*/.exec(code)![0] : '';
    const type = `${header.msg_type.slice(0, 40)} ${command} on ${channel}`;
    this.#pending.set(header.msg_id, { type, wantsReply, wantsIdle: true });
    const mark = markIn(code);
    if (header.msg_type === 'execute_request' && mark !== undefined) this.mayRun.add(mark);
  }

  #hear(channel: RequestChannel | 'iopub', { message }: Envelope): void {
    this.faults.push(...this.#transcript.hears(channel, message));
    const { header, parent_header, content } = message;
    const { msg_type } = header;
    if (msg_type === 'iopub_welcome') this.#isWelcome = true;
    if (msg_type === 'input_request') this.#answer(message);
    if (msg_type === 'create_subshell_reply' && typeof content['subshell_id'] === 'string') {
      this.subshells.push(content['subshell_id']);
    }
    const id = parent_header['msg_id'];
    if (typeof id === 'string') this.#settleOne(id, channel, message);
    this.#onChange();
  }

  #settleOne(id: string, channel: RequestChannel | 'iopub', { header, content }: Message): void {
    if (!this.#sent.has(id)) this.faults.push(`${header.msg_type} for a request that nobody sent`);
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (channel === 'shell' || channel === 'control') {
      if (!pending.wantsReply) this.faults.push(`a reply to ${pending.type}`);
      pending.wantsReply = false;
    }
    if (content['execution_state'] === 'idle') pending.wantsIdle = false;
    if (pending.wantsReply || pending.wantsIdle) return;
    this.#pending.delete(id);
    this.answered += 1;
  }

  /** First as it should not be, then as it should. */
  #answer(question: Message): void {
    const random = this.#random;
    const send = (channels: ZmqClient, value: unknown, parent: object): void => {
      const header = headerOf('input_reply');
      const draft = { header, parent_header: parent as Json, metadata: {}, content: { value }, buffers: [] };
      channels.sendFrames('stdin', signed(partsOf(draft), this.#key));
    };
    if (random.chance(0.3)) send(this.#channels, 'wrong', { ...question.header, msg_id: 'another' });
    if (random.chance(0.3)) send(this.#stranger, 'wrong', random.chance(0.5) ? question.header : {});
    if (random.chance(0.3)) send(this.#channels, random.pick([null, 7, [anyValue(random)]]), question.header);
    send(this.#channels, 'right', random.chance(0.8) ? question.header : {});
  }

  /** Waits for that, within bounds. */
  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(late);
        this.#onChange = () => undefined;
        resolve();
      };
      const late = setTimeout(done, hangMs);
      this.#onChange = () => {
        if (holds()) done();
      };
      this.#onChange();
    });
  }
}

const marks = /[0-9a-f]{8}-[0-9a-f-]{27}/;
/** The mark of a cell, by which it is known whether it ran. */
export const markIn = (code: unknown): string | undefined =>
  typeof code === 'string' ? marks.exec(code)?.[0] : undefined;
