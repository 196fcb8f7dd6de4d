/** Letters of a text that are escaped in one go; they and what becomes of them stay in the processor's cache. */
const block = 8192;
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
const shortEscapes = new Uint8Array(0x80);
for (const sign of ['\b', '\t', '\n', '\f', '\r', '"', '\\'])
  shortEscapes[sign.charCodeAt(0)] = JSON.stringify(sign).charCodeAt(2);

/** Bytes that are not simply copied: what JSON escapes, and what may end a line. */
const special = Uint8Array.from({ length: 256 }, (_each, byte) =>
  byte < 0x20 || [quote, backslash, 0xc2, 0xe2].includes(byte) ? 1 : 0,
);

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
  readonly #chunks: Buffer[] = [];
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
    const written = JSON.stringify(text);
    if (written.length < block) {
      this.raw(written);
      return;
    }
    this.#flush();
    this.#reserve(Buffer.byteLength(written));
    this.#at += this.#out.write(written, this.#at);
  }

  /**
   * The lines of a text that is well-formed, each a string with its end, where Python's `str.splitlines` cuts.
   * @param between what stands between two of them
   */
  lines(text: string, between: string): void {
    const joint = Buffer.from(`"${between}"`);
    this.raw('"');
    this.#flush();
    let isCut = false; // at the end of the block before
    for (let start = 0, end; start < text.length; start = end) {
      end = Math.min(start + block, text.length);
      if (isHigh(text.charCodeAt(end - 1))) end -= 1; // a pair stays together
      const bytes = scratch.write(text.slice(start, end));
      this.#reserve((bytes + 1) * (mostEscaped + joint.length));
      if (isCut) this.#at += joint.copy(this.#out, this.#at);
      // The end of `\r\n` is that of `\n`.
      const isSplit = text.charCodeAt(end - 1) === return_ && text.charCodeAt(end) === newline;
      [this.#at, isCut] = cut(bytes, { to: this.#out, at: this.#at, joint });
      if (isSplit) isCut = false;
    }
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

  /** All of it, in pieces. */
  pieces(): readonly Buffer[] {
    this.#flush();
    return [...this.#chunks, this.#out.subarray(0, this.#at)];
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

interface Target {
  readonly to: Uint8Array;
  readonly at: number;
  /** What stands between two lines, with the quotes of both. */
  readonly joint: Uint8Array;
}

/** Writes what is in the scratch, cut into lines. @returns where it ends, and whether that is the end of a line */
function cut(bytes: number, { to, at: begin, joint }: Target): [at: number, isCut: boolean] {
  let at = begin;
  for (let index = 0; index < bytes; index += 1) {
    const byte = scratch[index] as number;
    if (special[byte] === 0) {
      to[at++] = byte;
      continue;
    }
    const more = byte === newline ? 0 : innerOfEnd(index);
    at = byte < 0x80 ? escaped(byte, to, at) : put(byte, to, at);
    if (more === undefined || (byte === return_ && index + 1 < bytes && scratch[index + 1] === newline))
      continue;
    for (let left = more; left > 0; left -= 1) to[at++] = scratch[(index += 1)] as number;
    if (index + 1 === bytes) return [at, true];
    for (let sign = 0; sign < joint.length; sign += 1) to[at++] = joint[sign] as number;
  }
  return [at, false];
}

function put(byte: number, to: Uint8Array, at: number): number {
  to[at] = byte;
  return at + 1;
}

/** Writes a byte that JSON has an escape for. @returns where the next one goes */
function escaped(byte: number, to: Uint8Array, at: number): number {
  to[at] = backslash;
  const letter = shortEscapes[byte];
  if (letter !== 0) return put(letter as number, to, at + 1);
  const written = `u00${byte.toString(16).padStart(2, '0')}`;
  for (let sign = 0; sign < written.length; sign += 1) to[at + 1 + sign] = written.charCodeAt(sign);
  return at + 1 + written.length;
}

/** How many bytes of the scratch follow this one to the end of a line that begins here; `undefined` where none does. */
function innerOfEnd(index: number): number | undefined {
  const byte = scratch[index] as number;
  if (byte < 0x80) return isLineEnd[byte] === 1 ? 0 : undefined;
  if (byte === 0xc2) return scratch[index + 1] === 0x85 ? 1 : undefined; // U+0085
  const isSeparator = scratch[index + 1] === 0x80 && ((scratch[index + 2] as number) & 0xfe) === 0xa8; // U+2028, U+2029
  return isSeparator ? 2 : undefined;
}

const isHigh = (code: number): boolean => (code & 0xfc00) === 0xd800;
