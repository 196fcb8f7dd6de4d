import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { IopubMessage } from '../../kernel/output/contract.ts';
import { createEmitterFactory } from '../../kernel/output/emitter.ts';
import { Comms } from '../../kernel/output/widgets/comms.ts';
import { ChannelPool, encodeFrame, FrameReader } from '../../kernel/sandbox/channel.ts';
import { WorkerPeer, type RunEnd } from '../../kernel/sandbox/worker-peer.ts';
import { mangled, mutated } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';

const secret = 'gsk_planted_secret';
const hangMs = 5_000;
const mostFaults = 20;

/**
 * Talks to the host's real side of the channel (frames, protocol, order of text, output firewall) as a worker that has
 * been taken over might: valid conversations, with messages and bytes changed. No process stands behind the channel.
 * @param onProgress called from time to time with the number of messages so far
 */
export async function fuzzWorker(
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> {
  const random = new Random(seed);
  const ends: Record<string, number> = {};
  const faults: string[] = [];
  let messages = 0;
  let conversations = 0;
  const onStray = (error: unknown): void => void faults.push(`a stray error: ${String(error)}`);
  process.on('unhandledRejection', onStray);
  process.on('uncaughtException', onStray);
  const bystander = new Conversation(new Random(seed + 1));
  try {
    while (messages < count && faults.length < mostFaults) {
      const conversation = new Conversation(random);
      conversations += 1;
      const before = messages;
      messages += await conversation.attack();
      const end = await conversation.end();
      const how = typeof end === 'string' ? end : end.kind === 'done' ? 'done' : Object.keys(end.death)[0]!;
      ends[how] = (ends[how] ?? 0) + 1;
      faults.push(...conversation.faults.map((fault) => `conversation ${conversations}: ${fault}`));
      if (Math.floor(before / 50_000) !== Math.floor(messages / 50_000)) onProgress(messages);
    }
    bystander.answer();
    const other = await bystander.end();
    if (typeof other === 'string' || other.kind !== 'done') faults.push('another session was disturbed');
  } finally {
    process.off('unhandledRejection', onStray);
    process.off('uncaughtException', onStray);
  }
  return { messages, conversations, ends, faults };
}

/** One run of code on a channel of its own, and the one who attacks it. */
class Conversation {
  readonly faults: string[] = [];
  readonly #random: Random;
  readonly #channel: Duplex;
  readonly #peer: WorkerPeer;
  readonly #ended: Promise<RunEnd>;
  #id = '';
  #token = '';
  #over = false;
  #marks = 0;

  constructor(random: Random) {
    this.#random = random;
    const reader = new FrameReader({
      onFrame: ({ head }) => this.#hear(head as Record<string, unknown>),
      onBreach: (problem) => this.faults.push(`the host sent ${problem}`),
    });
    this.#channel = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        reader.push(chunk);
        done();
      },
    });
    const pool = new ChannelPool([this.#channel], 1_000_000);
    const line = pool.take(true);
    this.#peer = new WorkerPeer(line, 2, {
      pace: pool.pace,
      onBreach: () => undefined,
      onEnd: () => undefined,
    });
    const factory = createEmitterFactory({
      secrets: [secret],
      comms: new Comms([secret]),
      onRefused: () => undefined,
    });
    const emitter = factory({
      form: 'document',
      sessionId: 'fuzz',
      executionCount: 1,
      requestId: 'fuzz-request',
      publish: (message) => this.#published(message),
    });
    this.#ended = this.#peer.run(
      { code: 'x', language: 'python', userExpressions: {} },
      {
        onOutput: (output) => {
          if (this.#over) this.faults.push(`an output after the end: ${output.kind}`);
          emitter.emit({ type: 'output', output });
        },
        onInput: () => Promise.resolve('answer'),
      },
    );
    void this.#ended.then(() => (this.#over = true));
  }

  /** Sends what is wrong; gives how many messages it was. */
  async attack(): Promise<number> {
    const random = this.#random;
    const count = 1 + random.below(12);
    for (let sent = 0; sent < count; sent += 1) {
      const valid = this.#valid();
      const head = random.chance(0.7) ? mutated(random, valid) : valid;
      let bytes = encodeFrame(head, random.chance(0.05) ? [Buffer.from('bytes')] : []);
      if (random.chance(0.25)) bytes = mangled(random, bytes);
      if (random.chance(0.2)) this.#print();
      this.#push(bytes);
      if (random.chance(0.1)) await turn();
    }
    return count;
  }

  /** Answers as it should. */
  answer(): void {
    this.#push(encodeFrame({ kind: 'done', id: this.#id, order: 0, error: null, userExpressions: {} }));
  }

  /** How the run ended; `hung` where it did not, although the process was reported dead. */
  async end(): Promise<RunEnd | 'hung'> {
    await turn();
    const timer = setTimeout(() => this.#peer.end({ status: 0 }), 300);
    if (!this.#over && this.#random.chance(0.9)) this.#peer.end({ status: 0 });
    let late: NodeJS.Timeout | undefined;
    const hang = new Promise<'hung'>((resolve) => (late = setTimeout(() => resolve('hung'), hangMs)));
    const end = await Promise.race([this.#ended, hang]);
    clearTimeout(timer);
    clearTimeout(late);
    if (end === 'hung') this.faults.push('it hung');
    this.#over = true;
    this.answer();
    this.#print();
    await turn();
    this.#peer.end({ status: 0 });
    if (this.#channel.listenerCount('data') > 0) this.faults.push('a listener was left');
    this.#channel.destroy();
    return end;
  }

  #hear(head: Record<string, unknown>): void {
    if (head['kind'] === 'execute') [this.#id, this.#token] = [String(head['id']), String(head['token'])];
    else if (!['input_reply', 'interrupt'].includes(String(head['kind']))) {
      this.faults.push(`the host sent ${String(head['kind'])}`);
    }
  }

  #valid(): Record<string, unknown> {
    const shown = { id: this.#id, order: this.#marks, data: { 'text/plain': 'x' }, metadata: {}, binary: [] };
    return this.#random.pick<Record<string, unknown>>([
      { kind: 'display', ...shown },
      { kind: 'display', ...shown, displayId: 'd1' },
      { kind: 'update_display', ...shown, displayId: 'd1' },
      { kind: 'result', ...shown },
      { kind: 'clear_output', id: this.#id, order: 0, wait: false },
      { kind: 'error', id: this.#id, order: 0, error: { ename: 'E', evalue: 'v', traceback: ['t'] } },
      { kind: 'input_request', id: this.#id, order: 0, prompt: '? ', password: false },
      { kind: 'comm', id: this.#id, order: 0, event: 'open', comm: 'c1', target: 'jupyter.widget', data: {} },
      { kind: 'done', id: this.#id, order: this.#marks, error: null, userExpressions: {} },
      { kind: 'reply', id: this.#id },
    ]);
  }

  /** Text, with marks that are right, forged or cut. */
  #print(): void {
    const mark = (number: number): string => `\u001b_R:${this.#token}:m${number}\u001b\\`;
    const text = this.#random.pick([
      () => 'text\n',
      () => mark((this.#marks += 1)),
      () => mark(this.#random.below(1e9)),
      () => mark(1).slice(0, this.#random.below(40)),
      () => `\u001b_R:forged:m1\u001b\\`,
      () => `${secret} \u001b]0;x\u0007`,
    ])();
    this.#peer.text(this.#random.pick(['stdout', 'stderr']), Buffer.from(text));
  }

  /** In pieces, cut anywhere. */
  #push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      const size = this.#random.chance(0.5) ? rest.length : 1 + this.#random.below(rest.length);
      this.#channel.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  }

  #published({ msg_type, content }: IopubMessage): void {
    if (JSON.stringify(content).includes(secret)) this.faults.push('a secret was shown');
    if (msg_type === 'stream' && /\u001b[^[]/.test(String(content['text'])))
      this.faults.push('a control sequence was shown');
    const html = (content['data'] as Record<string, unknown> | undefined)?.['text/html'];
    // What a frame holds has no part in the page.
    const inPage = typeof html === 'string' ? html.replace(/srcdoc="[^"]*"/g, '') : '';
    if (/<script/i.test(inPage)) this.faults.push('a script was shown');
  }
}
