const longestHead = 10;

/** Counts the frames that a server sends by their opcodes; it does not mask them (RFC 6455, 5.2). */
export class FrameReader {
  readonly #counts = new Map<number, number>();
  #head = Buffer.alloc(0);
  /** Bytes that still belong to a frame. */
  #rest = 0;

  count(opcode: number): number {
    return this.#counts.get(opcode) ?? 0;
  }

  push(chunk: Buffer): void {
    let left = chunk;
    while (left.length > 0) {
      const skipped = Math.min(this.#rest, left.length);
      this.#rest -= skipped;
      left = left.subarray(skipped);
      if (left.length === 0) return;
      const known = this.#head.length;
      const head = Buffer.concat([this.#head, left.subarray(0, longestHead - known)]);
      const length = headLength(head);
      if (length === undefined || head.length < length) {
        this.#head = head;
        return;
      }
      const opcode = head.readUInt8(0) & 0x0f;
      this.#counts.set(opcode, this.count(opcode) + 1);
      this.#rest = bodyLength(head);
      this.#head = Buffer.alloc(0);
      left = left.subarray(length - known);
    }
  }
}

function headLength(head: Buffer): number | undefined {
  if (head.length < 2) return undefined;
  const short = head.readUInt8(1) & 0x7f;
  return short === 127 ? 10 : short === 126 ? 4 : 2;
}

function bodyLength(head: Buffer): number {
  const short = head.readUInt8(1) & 0x7f;
  if (short < 126) return short;
  return short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
}
