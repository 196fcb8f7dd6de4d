/** Runs classic BPF as the kernel runs a seccomp filter, on the bytes that it is given. */

interface Call {
  readonly call: number;
  readonly arch: number;
  readonly args: readonly bigint[];
}

export const verdicts = {
  allow: 0x7fff0000,
  kill: 0x80000000,
  eperm: 0x00050001,
  enosys: 0x00050026,
  eopnotsupp: 0x5005f,
} as const;

/** The value that the program returns. */
export function runFilter(program: Buffer, call: Call): number {
  return visited(program, call, new Set());
}

/** Like `runFilter`; notes the index of each instruction that was run. */
export function visited(program: Buffer, call: Call, seen: Set<number>): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.call >>> 0, 0);
  data.writeUInt32LE(call.arch >>> 0, 4);
  for (const [index, arg] of call.args.entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, arg), 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    seen.add(at);
    const value = program.readUInt32LE(at * 8 + 4);
    const jump = (taken: boolean): void => {
      at += program.readUInt8(at * 8 + (taken ? 2 : 3));
    };
    switch (program.readUInt16LE(at * 8)) {
      case 0x20:
        if (value % 4 !== 0 || value > 60) throw new Error(`load of offset ${value}`);
        accumulator = data.readUInt32LE(value);
        break;
      case 0x15:
        jump(accumulator === value);
        break;
      case 0x25:
        jump(accumulator > value);
        break;
      case 0x35:
        jump(accumulator >= value);
        break;
      case 0x45:
        jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new Error(`opcode ${program.readUInt16LE(at * 8)} at ${at}`);
    }
  }
  throw new Error('the program runs off its end');
}
