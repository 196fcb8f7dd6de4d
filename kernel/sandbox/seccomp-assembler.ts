/** Classic BPF as seccomp(2) takes it: struct sock_filter of linux/filter.h, data as in struct seccomp_data. */

export interface Instruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly value: number;
}

/** Opcodes that the filter uses. */
const opcode = {
  loadWord: 0x20,
  jumpIfEqual: 0x15,
  jumpIfGreater: 0x25,
  jumpIfAtLeast: 0x35,
  jumpIfAnyBit: 0x45,
  return: 0x06,
} as const;

/** Offsets within struct seccomp_data. */
export const offsetOf = {
  call: 0,
  architecture: 4,
  /** The low 32 bits of an argument: all that the kernel reads of an int (CVE-2019-10063). Little-endian. */
  argument: (index: number): number => 16 + 8 * index,
} as const;

/** Return values of a filter. */
export const verdict = {
  allow: 0x7fff0000,
  killProcess: 0x80000000,
  error: (errno: number): number => 0x00050000 + errno,
} as const;

export const load = (offset: number): Instruction => make(opcode.loadWord, 0, 0, offset);
export const give = (value: number): Instruction => make(opcode.return, 0, 0, value);

/** Runs `body` where the accumulator passes the test; else goes on behind it. */
export function when(
  test: 'jumpIfEqual' | 'jumpIfGreater' | 'jumpIfAtLeast' | 'jumpIfAnyBit',
  value: number,
  body: readonly Instruction[],
): readonly Instruction[] {
  return [make(opcode[test], 0, body.length, value), ...body];
}

/** Runs `body` unless the accumulator equals the value. */
export function unlessEqual(value: number, body: readonly Instruction[]): readonly Instruction[] {
  return [make(opcode.jumpIfEqual, body.length, 0, value), ...body];
}

/** The bytes of an array of struct sock_filter. */
export function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jumpTrue, jumpFalse, value }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

function make(code: number, jumpTrue: number, jumpFalse: number, value: number): Instruction {
  return { code, jumpTrue, jumpFalse, value };
}
