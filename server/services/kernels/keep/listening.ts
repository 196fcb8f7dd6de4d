import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInfo } from '../../../../kernel/protocol/connection-file.ts';
import { rawMessage } from '../../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../../kernel/protocol/header.ts';
import { lostNotice } from '../notices.ts';
import { KernelSockets, type Received } from '../sockets.ts';
import { MessageWriter } from './messages.ts';

const nudgeMs = 100;
const hearMs = 3000;

interface ListeningOptions {
  /** Of those who may still be answered. */
  readonly identities: readonly string[];
  /** It has room for so many bytes. */
  readonly file: string;
  readonly mostBytes: number;
  /** Told what a client is asked. */
  readonly onQuestion: (question: Received) => void;
}

/** Listens to a kernel that has no server, and keeps what it says in a file. */
export class Listening {
  readonly #sockets: KernelSockets;
  readonly #identities: readonly string[];
  readonly #writer: MessageWriter;
  readonly #onQuestion: ListeningOptions['onQuestion'];
  readonly #session = randomUUID();
  #hasHeard = false;

  /**
   * @throws Error where the file can't be written
   */
  constructor(info: ConnectionInfo, { identities, file, mostBytes, onQuestion }: ListeningOptions) {
    this.#identities = identities;
    this.#onQuestion = onQuestion;
    this.#writer = new MessageWriter(file, mostBytes);
    this.#sockets = new KernelSockets(info, randomUUID(), {
      onMessage: (message) => this.#receive(message),
      onProblem: () => undefined,
      onFault: () => undefined,
    });
  }

  /** Settles when what the kernel publishes comes here, or has not for long. */
  async heard(): Promise<void> {
    const until = performance.now() + hearMs;
    while (!this.#hasHeard && performance.now() < until) {
      const message = makeMessage('kernel_info_request', this.#session, {});
      this.#sockets.send('control', rawMessage(message));
      await sleep(nudgeMs);
    }
  }

  /** Takes answers to those who are gone. */
  takeAnswers(): void {
    this.#sockets.listenFor(this.#identities);
  }

  async close(): Promise<void> {
    await this.#sockets.close();
    const { lost } = this.#writer;
    if (lost > 0) {
      const { channel, ...raw } = lostNotice(this.#session, lost);
      this.#writer.addLast({ channel, raw });
    }
    this.#writer.close();
  }

  #receive(message: Received): void {
    if (message.channel === 'iopub') this.#hasHeard = true;
    if (message.channel !== 'control') this.#writer.add(message);
    if (message.channel === 'stdin') this.#onQuestion(message);
  }
}
