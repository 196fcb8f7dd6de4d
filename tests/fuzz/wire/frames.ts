import { LIMITS } from '../../../kernel/protocol/limits.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';
import type { Random } from '../random.ts';
import type { Draft } from './requests.ts';
import { nestedText, type Json } from './values.ts';

const delimiter = Buffer.from('<IDS|MSG>');

/** The four parts that are signed. */
export type Parts = readonly [Buffer, Buffer, Buffer, Buffer];

export const partsOf = ({ header, parent_header, metadata, content }: Draft): Parts => [
  Buffer.from(JSON.stringify(header)),
  Buffer.from(JSON.stringify(parent_header)),
  Buffer.from(JSON.stringify(metadata)),
  Buffer.from(JSON.stringify(content)),
];

export const signed = (parts: Parts, key: string, buffers: readonly Buffer[] = []): Buffer[] => [
  ...[delimiter, new Signer(key).sign(parts), ...parts, ...buffers],
];

/** Parts that are signed and yet no message, or one that is hard to read. */
export function oddParts(random: Random, draft: Draft): Parts {
  const parts = [...partsOf(draft)] as [Buffer, Buffer, Buffer, Buffer];
  const at = random.below(4);
  parts[at] = Buffer.from(
    random.pick<() => Uint8Array | string>([
      () => '',
      () => random.pick(['null', '[]', '7', '"text"', '{', '{"a":}', 'NaN', '{"a":NaN}', "{'a':1}"]),
      () => Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
      () => `\ufeff${parts[at]!.toString()}`,
      () => parts[at]!.subarray(0, random.below(parts[at]!.length)),
      () => nestedText(random.pick([10, 1000, 20_000]), random.chance(0.5)),
      () => inside(parts[at]!, random, nestedText(random.pick([100, 5000, 50_000]), random.chance(0.5))),
      () => inside(parts[at]!, random, `"${'x'.repeat(random.pick([10, 70_000, 1_000_000]))}"`),
    ])(),
  );
  return parts;
}

/** The object of a part, with this as the value of one of its fields, or of a field of its `data`. */
function inside(part: Buffer, random: Random, value: string): string {
  const object = JSON.parse(part.toString()) as Json;
  const hole = '\u0001hole';
  const data = object['data'];
  const fields = Object.keys(object).filter((name) => !['msg_id', 'msg_type'].includes(name));
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) {
    object['data'] = { ...data, [random.pick(['state', 'extra'])]: hole };
  } else {
    object[random.pick([...fields, 'extra'])] = hole;
  }
  return JSON.stringify(object).replace(JSON.stringify(hole), value);
}

/** More bytes than a message may have: seldom, for they have to be made and sent. */
export const oversized = (draft: Draft): Parts => {
  const parts = [...partsOf(draft)] as [Buffer, Buffer, Buffer, Buffer];
  parts[3] = Buffer.concat([
    parts[3].subarray(0, -1),
    Buffer.alloc(LIMITS.jsonBytes + 1, ' '),
    Buffer.from('}'),
  ]);
  return parts;
};

/** A request, with its signature, that came into wrong hands: the kernel must not act on it. */
export function spoiled(random: Random, parts: Parts, key: string): Buffer[] {
  const frames = signed(parts, key);
  const flip = (at: number): Buffer[] => {
    const bytes = Buffer.from(frames[at]!);
    if (bytes.length === 0) return [];
    const place = random.below(bytes.length);
    bytes[place] = bytes[place]! ^ (1 << random.below(8));
    return frames.with(at, bytes);
  };
  return random.pick<() => Buffer[]>([
    () => signed(parts, ''),
    () => signed(parts, 'another key'),
    () =>
      frames.with(
        1,
        Buffer.from(
          frames[1]!
            .toString()
            .toUpperCase()
            .replace(/^[^A-F]*$/, ''),
        ),
      ),
    () => frames.with(1, frames[1]!.subarray(0, random.below(64))),
    () => frames.with(1, Buffer.from(`${frames[1]!.toString()}0`)),
    () => frames.with(1, Buffer.alloc(32)),
    () => flip(1),
    () => flip(2 + random.below(4)),
    () => frames.toSpliced(1 + random.below(5), 1),
    () => frames.toSpliced(2, 0, frames[2]!),
    () => frames.slice(0, random.below(6)),
    () => frames.slice(1),
    () => [...frames.slice(1), delimiter],
    () => [frames[0]!, frames[1]!, ...frames.slice(2).reverse()],
    () => [
      ...Array.from({ length: LIMITS.identities + random.below(9) }, () => Buffer.from('id')),
      ...frames,
    ],
    () => [Buffer.alloc(LIMITS.identityBytes + 1), ...frames],
    () => [...frames, ...Array.from({ length: LIMITS.frames }, () => Buffer.alloc(0))],
    () => Array.from({ length: random.below(12) }, () => Buffer.alloc(random.below(200), random.below(256))),
    () => [delimiter, delimiter, ...frames.slice(1)],
    () => [],
  ])();
}
