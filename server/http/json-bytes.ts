/** Letters of a text that are escaped in one go; they and what becomes of them stay in the processor's cache. */
const block = 8192;
/** Shorter texts are left to `JSON.stringify`: a call that writes bytes costs as much as they do. */
const short = 256;
const firstBytes = 2 ** 16;
const chunkBytes = 2 ** 20;
/** UTF-8 has three bytes at most for a unit of a text, and JSON six letters for a byte (`\u001f`). */
const mostBytes = 3;
const mostEscaped = 6;

/** The block that is being escaped. */
const scratch = Buffer.allocUnsafeSlow(mostBytes * block);

const quote = 0x22;
const backslash = 0x5c;

/** The letter after the backslash, of what has a short escape. */
const shortEscapes = new Map(
  [...'\b\t\n\f\r"\\'].map((sign, index) => [sign.charCodeAt(0), 'btnfr"\\'.charCodeAt(index)]),
);

/** Bytes that are not simply copied: what JSON escapes and, where a text is cut into lines, what may end one. */
const special = Uint8Array.from({ length: 256 }, (_each, byte) =>
  byte < 0x20 || byte === quote || byte === backslash ? 1 : 0,
);
const specialInLines = special.with(0xc2, 1).with(0xe2, 1);

/** `\n`, `\r` and what else ends a line for Python, of ASCII. */
const isLineEnd = Uint8Array.from({ length: 0x80 }, (_each, byte) =>
  [0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e].includes(byte) ? 1 : 0,
);

/** Whether a text has no halves of pairs, which UTF-8 can't hold. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/**
 * JSON that becomes UTF-8 piece by piece. `JSON.stringify` reads each letter, makes a string of it, and that is read and written
 * again; of a large text this takes a third of the time.
 */
export class JsonBytes {
  #chunks: Buffer[] = [];
  #out: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Small pieces: they are written together. */
  #pending = '';

  /** What is JSON already, or part of it. */
  raw(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= block) this.#flush();
  }

  /** A string. */
  text(text: string): void {
    if (text.length < short || !isWellFormed(text)) {
      this.raw(JSON.stringify(text));
      return;
    }
    this.raw('"');
    this.#blocks(text, mostEscaped, (bytes) => this.#escape(bytes));
    this.raw('"');
  }

  /**
   * The lines of a text that is well-formed, each a string with its end, where Python's `str.splitlines` cuts.
   * @param between what stands between two of them
   */
  lines(text: string, between: string): void {
    const joint = Buffer.from(`"${between}"`);
    let isCut = false; // at the end of the block before
    this.raw('"');
    this.#blocks(text, mostEscaped + joint.length, (bytes, next) => {
      if (isCut) this.#put(joint);
      isCut = this.#cut(bytes, joint, next);
    });
    this.raw('"');
  }

  /**
   * A value as `JSON.stringify` writes it.
   * @param levels of lists and objects in which long texts are looked for; what is deeper is left to `JSON.stringify`
   */
  value(value: unknown, levels: number): void {
    if (typeof value === 'string') this.text(value);
    else if (levels === 0 || typeof value !== 'object' || value === null) this.raw(JSON.stringify(value));
    else if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) {
        this.raw(index === 0 ? '[' : ',');
        this.value(each, levels - 1);
      }
      this.raw(value.length === 0 ? '[]' : ']');
    } else {
      const entries = Object.entries(value).filter(([, each]) => each !== undefined);
      for (const [index, [key, each]] of entries.entries()) {
        this.raw(`${index === 0 ? '{' : ','}${JSON.stringify(key)}:`);
        this.value(each, levels - 1);
      }
      this.raw(entries.length === 0 ? '{}' : '}');
    }
  }

  /** All of it, in pieces: they hold until it is cleared. */
  pieces(): readonly Buffer[] {
    this.#flush();
    return [...this.#chunks, this.#out.subarray(0, this.#at)];
  }

  /** Begins anew, in the memory of before. */
  clear(): void {
    this.#chunks = [];
    this.#pending = '';
    this.#at = 0;
  }

  /**
   * Puts a text block by block into the scratch, and has each written.
   * @param most bytes that one of its bytes may become
   * @param write is given how many bytes there are, and the letter that follows
   */
  #blocks(text: string, most: number, write: (bytes: number, next: number) => void): void {
    this.#flush();
    for (let start = 0, end; start < text.length; start = end) {
      end = Math.min(start + block, text.length);
      if (isHigh(text.charCodeAt(end - 1))) end -= 1; // a pair stays together
      const bytes = scratch.write(text.slice(start, end));
      this.#reserve((bytes + 1) * most);
      write(bytes, text.charCodeAt(end));
    }
  }

  /** Writes what is in the scratch. */
  #escape(bytes: number): void {
    const [from, to] = [scratch, this.#out];
    let at = this.#at;
    for (let index = 0; index < bytes; index += 1) {
      const byte = from[index] as number;
      if (special[byte] === 0) to[at++] = byte;
      else at = escaped(byte, to, at);
    }
    this.#at = at;
  }

  /** Writes what is in the scratch, cut into lines. @returns whether its end is one of a line */
  #cut(bytes: number, joint: Buffer, next: number): boolean {
    const [from, to] = [scratch, this.#out];
    let at = this.#at;
    for (let index = 0; index < bytes; index += 1) {
      const byte = from[index] as number;
      if (specialInLines[byte] === 0) {
        to[at++] = byte;
        continue;
      }
      at = byte < 0x80 ? escaped(byte, to, at) : put(byte, to, at);
      const inner = innerOfEnd(from, index);
      if (
        inner === undefined ||
        (byte === return_ && (index + 1 < bytes ? from[index + 1] : next) === newline)
      )
        continue;
      for (let more = 0; more < inner; more += 1) to[at++] = from[(index += 1)] as number;
      if (index + 1 === bytes) {
        this.#at = at;
        return true;
      }
      for (let sign = 0; sign < joint.length; sign += 1) to[at++] = joint[sign] as number;
    }
    this.#at = at;
    return false;
  }

  #put(bytes: Buffer): void {
    this.#at += bytes.copy(this.#out, this.#at);
  }

  /** Writes the small pieces. */
  #flush(): void {
    if (this.#pending === '') return;
    this.#reserve(this.#pending.length * mostBytes);
    this.#at += this.#out.write(this.#pending, this.#at);
    this.#pending = '';
  }

  #reserve(bytes: number): void {
    if (this.#out.length - this.#at >= bytes) return;
    if (this.#at > 0) this.#chunks.push(this.#out.subarray(0, this.#at));
    this.#out = Buffer.allocUnsafeSlow(Math.max(this.#chunks.length === 0 ? firstBytes : chunkBytes, bytes));
    this.#at = 0;
  }
}

const newline = 0x0a;
const return_ = 0x0d;

function put(byte: number, to: Buffer, at: number): number {
  to[at] = byte;
  return at + 1;
}

/** Writes a byte that JSON has an escape for. @returns where the next one goes */
function escaped(byte: number, to: Buffer, at: number): number {
  to[at] = backslash;
  const letter = shortEscapes.get(byte);
  if (letter === undefined) return at + 1 + to.write(`u00${byte.toString(16).padStart(2, '0')}`, at + 1);
  to[at + 1] = letter;
  return at + 2;
}

/** How many bytes follow this one to the end of a line that begins here; `undefined` where none does. */
function innerOfEnd(from: Buffer, index: number): number | undefined {
  const byte = from[index] as number;
  if (byte < 0x80) return isLineEnd[byte] === 1 ? 0 : undefined;
  if (byte === 0xc2) return from[index + 1] === 0x85 ? 1 : undefined; // U+0085
  const isSeparator = from[index + 1] === 0x80 && ((from[index + 2] as number) & 0xfe) === 0xa8; // U+2028, U+2029
  return isSeparator ? 2 : undefined;
}

const isHigh = (code: number): boolean => (code & 0xfc00) === 0xd800;
