import { StringDecoder } from 'node:string_decoder';
import { Queue } from './queue.ts';

export type TextName = 'stdout' | 'stderr';

const opening = Buffer.from('\x1b_R:');
const closing = Buffer.from('\x1b\\');
const longestMark = 80;
const mostHeld = 8 * 1024 * 1024;
/** As much as is shown of a run: what is held beyond that would be dropped anyway. */
const mostHeldInMessages = 64 * 1024 * 1024;
/** What a piece of text or a mark, and a message, take up beside what they say. */
const itemBytes = 64;
const messageBytes = 640;

type Item = { readonly text: Buffer } | Mark;
interface Mark {
  readonly number: number;
  readonly beforeMessage: boolean;
}

interface Sent<Message> {
  readonly number: number;
  readonly message: Message;
  readonly size: number;
}

interface OrderOptions<Message> {
  /** The one that the worker was given for this request. */
  readonly token: string;
  readonly onText: (name: TextName, text: string) => void;
  readonly onMessage: (message: Message) => void;
}

class TextLane {
  readonly items = new Queue<Item>();
  readonly #token: string;
  readonly #decoder = new StringDecoder('utf8');
  #rest = Buffer.alloc(0);
  #begun = false;
  held = 0;

  constructor(token: string) {
    this.#token = token;
  }

  decode(text: Buffer): string {
    return this.#decoder.write(text);
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = Buffer.alloc(0);
    for (;;) {
      const at = bytes.indexOf(opening);
      if (at < 0) {
        const kept = bytes.length - partialOpening(bytes);
        this.#text(bytes.subarray(0, kept));
        this.#rest = Buffer.from(bytes.subarray(kept));
        return;
      }
      this.#text(bytes.subarray(0, at));
      const end = bytes.subarray(at, at + longestMark).indexOf(closing);
      if (end < 0 && bytes.length - at < longestMark) {
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      if (end < 0) this.#text(bytes.subarray(at, at + opening.length));
      else this.#mark(bytes.subarray(at + opening.length, at + end).toString('latin1'));
      bytes = bytes.subarray(at + (end < 0 ? opening.length : end + closing.length));
    }
  }

  /** What was held back because it might have become a mark. */
  finish(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#text(rest);
  }

  #text(text: Buffer): void {
    if (!this.#begun || text.length === 0) return;
    // A copy: a few bytes of a chunk would keep the whole of it.
    this.items.push({ text: Buffer.from(text) });
    this.held += text.length + itemBytes;
  }

  #mark(inside: string): void {
    const [, token, kind, digits] = /^(\w+):([ms])(\d{1,9})$/.exec(inside) ?? [];
    if (token !== this.#token) return;
    this.#begun = true;
    this.items.push({ number: Number(digits), beforeMessage: kind === 'm' });
    this.held += itemBytes;
  }
}

/** How many bytes at the end could begin a mark. */
function partialOpening(bytes: Buffer): number {
  for (let size = Math.min(opening.length - 1, bytes.length); size > 0; size -= 1) {
    if (bytes.subarray(bytes.length - size).equals(opening.subarray(0, size))) return size;
  }
  return 0;
}

/**
 * Puts the text of two pipes and the messages of a channel, which arrive independently, into the order in which they
 * were sent. The worker writes a numbered mark to both pipes before each message and each change between the two. Text
 * before the first mark belongs to an earlier request and is dropped. A mark that is missing delays nothing for long:
 * what follows passes it, and `flush` passes all.
 */
export class OutputOrder<Message> {
  readonly #options: OrderOptions<Message>;
  readonly #lanes: Readonly<Record<TextName, TextLane>>;
  readonly #messages = new Queue<Sent<Message>>();
  #heldInMessages = 0;
  /** The number of the newest message that did not wait for text. */
  #passed = 0;

  constructor(options: OrderOptions<Message>) {
    this.#options = options;
    this.#lanes = { stdout: new TextLane(options.token), stderr: new TextLane(options.token) };
  }

  text(name: TextName, chunk: Buffer): void {
    this.#lanes[name].push(chunk);
    this.#advance();
    if (this.#lanes.stdout.held + this.#lanes.stderr.held > mostHeld) this.flush();
  }

  /** @param size of the message, in bytes */
  message(number: number, message: Message, size: number): void {
    this.#messages.push({ number, message, size });
    this.#heldInMessages += size + messageBytes;
    this.#advance();
    if (this.#heldInMessages > mostHeldInMessages) this.flush();
  }

  /** A message before which there was no text: it is delivered at once, and text that follows it knows it by its number. */
  pass(number: number, message: Message): void {
    while (this.#deliverMessage() !== undefined);
    this.#passed = Math.max(this.#passed, number);
    this.#options.onMessage(message);
    this.#advance();
  }

  /** Delivers all there is, whether or not what should precede it has come. */
  flush(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const lane = this.#lanes[name];
      lane.finish();
      this.#deliver(name);
      while (lane.items.take() !== undefined) this.#deliver(name);
    }
    while (this.#deliverMessage() !== undefined);
  }

  #advance(): void {
    const { stdout, stderr } = this.#lanes;
    for (;;) {
      const out = this.#deliver('stdout');
      const err = this.#deliver('stderr');
      if (out === undefined || err === undefined) return;
      if (out.number !== err.number) {
        (out.number < err.number ? stdout : stderr).items.take();
        continue;
      }
      if (out.beforeMessage && out.number > this.#passed && !this.#messageOf(out.number)) return;
      stdout.items.take();
      stderr.items.take();
    }
  }

  /** Delivers the messages up to that number; false if the one of that number may still come. */
  #messageOf(number: number): boolean {
    for (;;) {
      const next = this.#messages.first;
      if (next === undefined) return false;
      if (next.number > number) return true;
      this.#deliverMessage();
      if (next.number === number) return true;
    }
  }

  #deliverMessage(): Sent<Message> | undefined {
    const next = this.#messages.take();
    if (next === undefined) return undefined;
    this.#heldInMessages -= next.size + messageBytes;
    this.#options.onMessage(next.message);
    return next;
  }

  /** Delivers a lane's text up to its next mark, and returns that. */
  #deliver(name: TextName): Mark | undefined {
    const lane = this.#lanes[name];
    for (;;) {
      const item = lane.items.first;
      if (item === undefined) lane.held = 0;
      if (item === undefined || !('text' in item)) return item;
      lane.items.take();
      const text = lane.decode(item.text);
      if (text !== '') this.#options.onText(name, text);
    }
  }
}
