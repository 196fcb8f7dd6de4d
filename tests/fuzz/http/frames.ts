import { randomBytes, randomUUID } from 'node:crypto';
import { encodeLegacy } from '../../../server/services/kernels/wire/legacy.ts';
import { encodeV1, v1Protocol } from '../../../server/services/kernels/wire/v1.ts';
import type { Random } from '../random.ts';

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a frame holds, most of it a message of Jupyter's. */
export function payload(random: Random, protocol: string | undefined): readonly [number, Buffer] {
  const kind = random.next();
  if (kind < 0.08)
    return [random.pick([opcodes.ping, opcodes.pong]), Buffer.from('x'.repeat(random.below(126)))];
  if (kind < 0.13)
    return [
      random.pick([opcodes.text, opcodes.binary]),
      Buffer.from(Array.from({ length: random.below(200) }, () => random.below(128))),
    ];
  if (kind < 0.2) return [opcodes.text, Buffer.from(JSON.stringify(terminalMessage(random)))];
  const message = {
    channel: random.pick(['shell', 'shell', 'control', 'stdin', 'iopub'] as const),
    parts: [headerOf(random), '{}', '{}', JSON.stringify(contentOf(random))].map((part) =>
      Buffer.from(part),
    ) as never,
    buffers: random.chance(0.2) ? [Buffer.from('buffer'), Buffer.alloc(random.below(1000))] : [],
  };
  const encodedMessage = protocol === v1Protocol ? encodeV1(message) : legacy(message);
  const isText = typeof encodedMessage === 'string';
  const bytes = Buffer.from(encodedMessage as Buffer);
  if (random.chance(0.3) && bytes.length > 0) {
    const at = random.below(bytes.length);
    bytes[at] = random.below(isText ? 128 : 256);
  }
  const cut = random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  return [isText ? opcodes.text : opcodes.binary, cut];
}

function legacy(message: Parameters<typeof encodeLegacy>[0]): string | Buffer {
  try {
    return encodeLegacy(message);
  } catch {
    return '{"header": 7}'; // the header was no JSON
  }
}

const terminalMessage = (random: Random): unknown =>
  random.pick<unknown>([
    ['stdin', 'echo\n'],
    ['stdin', '\u0003\u0004'],
    ['stdin', 7],
    ['set_size', 24, 80],
    ['set_size', 1e9, -1],
    ['set_size', 0.5, 1e308],
    ['disconnect', 1],
    [],
    {},
  ]);

function headerOf(random: Random): string {
  const header = {
    ...{
      msg_id: random.pick([randomUUID(), '', 'i'.repeat(5000)]),
      session: random.pick(['s', '']),
      username: 'u',
    },
    ...{ msg_type: random.pick(types), version: random.pick(['5.3', '9', '']), date: '' },
  };
  const wrong = ['', 'null', '[]', '{}', '{"msg_id":1}', '{"__proto__":{}}', '['.repeat(5000)];
  return random.chance(0.9) ? JSON.stringify(header) : random.pick(wrong);
}

const types = [
  ...['execute_request', 'kernel_info_request', 'complete_request', 'inspect_request', 'history_request'],
  ...[
    'comm_open',
    'comm_msg',
    'comm_info_request',
    'is_complete_request',
    'interrupt_request',
    'input_reply',
  ],
  ...['debug_request', 'create_subshell_request', 'status', 'nonsense', '__proto__', ''],
];

const contentOf = (random: Random): unknown =>
  random.pick<unknown>([
    { code: '%%python\n1 + 1', silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
    { code: 'x'.repeat(random.below(3000)), cursor_pos: random.pick([0, -1, 1e9, 'x']) },
    { comm_id: 'c', target_name: 'jupyter.widget', data: {} },
    { hist_access_type: 'tail', n: random.pick([1, -1, 1e12]), output: false, raw: true },
    { value: 'x' },
    {},
    [],
    null,
  ]);

/** A frame as clients send it: masked (RFC 6455, 5.2). */
export function frameOf(
  opcode: number,
  bytes: Buffer,
  { first = 0x80 | opcode, isMasked = true, length = bytes.length } = {},
): Buffer {
  const long = length > 125;
  const head = Buffer.alloc(long ? 10 : 2);
  head[0] = first;
  head[1] = (isMasked ? 0x80 : 0) | (long ? 127 : length);
  if (long) head.writeBigUInt64BE(BigInt(length), 2);
  const mask = isMasked ? randomBytes(4) : Buffer.alloc(0);
  const body = isMasked ? Buffer.from(bytes.map((byte, index) => byte ^ mask[index % 4]!)) : bytes;
  return Buffer.concat([head, mask, body]);
}

/** What no client may send. */
export function brokenFrame(random: Random): Buffer {
  const text = Buffer.from('{"channel":"shell"}');
  return random.pick([
    () => frameOf(opcodes.text, text, { isMasked: false }),
    () => frameOf(3 + random.below(5), text),
    () => frameOf(opcodes.text, text, { first: 0xf1 }),
    () => frameOf(opcodes.text, text, { length: random.pick([1000, 2 ** 28, Number.MAX_SAFE_INTEGER]) }),
    () => frameOf(opcodes.ping, Buffer.alloc(126)),
    () => frameOf(opcodes.text, Buffer.from([0xff, 0xfe])),
    () => frameOf(opcodes.text, text, { first: 0x01 }),
    () => frameOf(0, text),
    () => frameOf(opcodes.close, Buffer.from([3])),
    () => Buffer.from(Array.from({ length: 1 + random.below(50) }, () => random.below(256))),
  ])();
}
