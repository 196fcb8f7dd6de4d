import { DecodeError, decodeFrames } from '../protocol/frames.ts';
import type { Envelope } from '../protocol/header.ts';
import type { Signer } from '../protocol/signer.ts';

/** Every refusal is told up to this many, then each such many-th: who floods the kernel does not fill its log. */
const TOLD = 20;
const TOLD_EACH = 1000;

/** Reads the messages of one channel and tells, in the log, of those that are refused. */
export class Reader {
  readonly #channel: string;
  readonly #signer: Signer;
  readonly #log: (line: string) => void;
  #refused = 0;

  constructor(channel: string, signer: Signer, log: (line: string) => void) {
    this.#channel = channel;
    this.#signer = signer;
    this.#log = log;
  }

  /** The message in these frames; `undefined` where there is none that may be acted on. Never throws. */
  read(frames: readonly Uint8Array[]): Envelope | undefined {
    try {
      return decodeFrames(frames, this.#signer);
    } catch (error) {
      this.#refuse(error);
      return undefined;
    }
  }

  #refuse(error: unknown): void {
    this.#refused += 1;
    if (this.#refused > TOLD && this.#refused % TOLD_EACH !== 0) return;
    const why = error instanceof DecodeError ? error.message : String(error);
    this.#log(`Refused a message on ${this.#channel}: ${why} (${this.#refused} refused so far).`);
  }
}
