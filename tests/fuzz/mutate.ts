import type { Random } from './random.ts';

type Head = Record<string, unknown>;

const values: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 53), 1e308, '', 'x', '\u0000', '\ud800', '\u202e'],
  ...[
    '__proto__',
    '<script>alert(1)</script>',
    '\x1b]0;title\x07',
    'text/html',
    [],
    {},
    [[]],
    { a: { b: [] } },
  ],
];
const kinds = [
  ...[
    'hello',
    'display',
    'update_display',
    'result',
    'clear_output',
    'error',
    'input_request',
    'done',
    'reply',
  ],
  ...['stuck', 'comm', 'execute', 'snapshot', 'nonsense', '__proto__', ''],
];

/** Changes one thing of a message, or several. */
export function mutated(random: Random, head: Head): Head {
  const copy = structuredClone(head);
  for (let times = 1 + random.below(3); times > 0; times -= 1) mutateOnce(random, copy);
  return copy;
}

function mutateOnce(random: Random, head: Head): void {
  const key = random.pick([...Object.keys(head), 'extra']);
  switch (random.below(9)) {
    case 0:
      Reflect.deleteProperty(head, key);
      break;
    case 1:
      head[key] = random.pick(values);
      break;
    case 2:
      head['kind'] = random.pick(kinds);
      break;
    case 3:
      head['id'] = random.pick(['', 'another', `${String(head['id'])}x`, 7, 'i'.repeat(65)]);
      break;
    case 4:
      head['order'] = random.pick([-1, 0, 1, 2 ** 31, 2 ** 53, 1e300, 0.5, '1']);
      break;
    case 5:
      head[key] = nested(random.below(90), random.chance(0.5));
      break;
    case 6:
      head[key] = 'long '.repeat(random.below(4_000));
      break;
    case 7:
      head['binary'] = random.pick([['image/png'], ['a', 'a'], [7], 'x', Array(1001).fill('x')]);
      break;
    default:
      head['data'] = {
        [random.pick([
          'text/html',
          'text/plain',
          'image/svg+xml',
          'application/javascript',
          '__proto__',
          'constructor',
        ])]: random.pick(values),
      };
  }
}

function nested(depth: number, asList: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = asList ? [value] : { a: value };
  return value;
}

/** Changes bytes on their way. */
export function mangled(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = random.below(copy.length);
  switch (random.below(6)) {
    case 0:
      copy[at] = random.below(256);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([random.below(256)]), copy.subarray(at)]);
    case 3:
      copy.writeUInt32BE(
        random.pick([0, 1, copy.length, 2 ** 25, 2 ** 25 + 1, 2 ** 32 - 1]),
        random.pick([0, 4]),
      );
      return copy;
    case 4:
      return Buffer.concat([copy.subarray(0, at), copy]);
    default:
      return Buffer.from(Array.from({ length: 1 + random.below(40) }, () => random.below(256)));
  }
}
