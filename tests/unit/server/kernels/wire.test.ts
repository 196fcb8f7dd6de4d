import { deserialize, serialize } from '@jupyterlab/services/lib/kernel/serialize.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLegacy, encodeLegacy } from '../../../../server/services/kernels/wire/legacy.ts';
import { membersOf } from '../../../../server/services/kernels/wire/members.ts';
import { WireError, type ChannelMessage } from '../../../../server/services/kernels/wire/message.ts';
import { decodeV1, encodeV1, v1Protocol } from '../../../../server/services/kernels/wire/v1.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const options = { seed, numRuns: 300 };

const header = fc.record({ msg_id: fc.string(), msg_type: fc.string(), session: fc.string() });
const object = fc.dictionary(fc.string(), fc.jsonValue());
const message = fc.record({
  channel: fc.constantFrom('shell', 'control', 'stdin', 'iopub'),
  header,
  parent_header: fc.oneof(fc.constant({}), header),
  metadata: object,
  content: object,
  buffers: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
});

/** As the other side's JSON would be. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const jsonOf = ({ parts }: ChannelMessage): readonly unknown[] =>
  parts.map((part) => JSON.parse(Buffer.from(part).toString('utf8')) as unknown);
const bytesOf = (buffers: ChannelMessage['buffers']): readonly (readonly number[])[] =>
  buffers.map((buffer) => [...buffer]);
const exact = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;

describe(`the forms of messages over WebSockets (seed ${seed})`, () => {
  const forms = [
    ['v1', v1Protocol, encodeV1, (frame: Buffer) => decodeV1(frame)],
    ['legacy', '', encodeLegacy, decodeLegacy],
  ] as const;

  it.each(forms)('%s: what JupyterLab writes is read', (_, protocol, _encode, decode) => {
    fc.assert(
      fc.property(message, (given) => {
        const buffers = given.buffers.map((bytes) => bytes.slice().buffer);
        const frame: string | ArrayBuffer = serialize({ ...given, buffers } as never, protocol);
        const isText = typeof frame === 'string';
        const read = decode(isText ? Buffer.from(frame) : Buffer.from(frame), !isText);
        expect(read.channel).toBe(given.channel);
        expect(jsonOf(read)).toEqual(
          plain([given.header, given.parent_header, given.metadata, given.content]),
        );
        expect(bytesOf(read.buffers)).toEqual(given.buffers.map((bytes) => [...bytes]));
      }),
      options,
    );
  });

  it.each(forms)(
    '%s: what is written JupyterLab reads, and so do we, to the byte',
    (_, protocol, encode, decode) => {
      fc.assert(
        fc.property(message, ({ channel, buffers, ...given }) => {
          const parts = [given.header, given.parent_header, given.metadata, given.content].map((part) =>
            Buffer.from(JSON.stringify(part)),
          ) as unknown as ChannelMessage['parts'];
          const frame = encode({ channel: channel, parts, buffers });
          const theirs = deserialize(typeof frame === 'string' ? (frame as never) : exact(frame), protocol);
          expect(theirs).toMatchObject(plain({ channel, ...given }) as object);
          expect(theirs.buffers).toHaveLength(buffers.length);
          const ours = decode(Buffer.from(frame as never), typeof frame !== 'string');
          expect(ours.parts.map((part) => Buffer.from(part).toString())).toEqual(parts.map(String));
          expect(bytesOf(ours.buffers)).toEqual(buffers.map((bytes) => [...bytes]));
        }),
        options,
      );
    },
  );

  it('keeps numbers and spaces of what it passes on', () => {
    const text =
      '{"content": {"n": 12345678901234567890, "f": 1.0} , "header":{"a":"}\\"]"},"channel":"shell"}';
    expect(membersOf(text).get('content')).toBe('{"n": 12345678901234567890, "f": 1.0} ');
    const read = decodeLegacy(Buffer.from(text), false);
    expect(Buffer.from(read.parts[3]).toString().trim()).toBe('{"n": 12345678901234567890, "f": 1.0}');
    expect(Buffer.from(read.parts[0]).toString()).toBe('{"a":"}\\"]"}');
  });

  it('refuses any other bytes with a sentence, and nothing else', () => {
    const whole = encodeV1({
      channel: 'shell',
      parts: [Buffer.from('{}'), Buffer.from('{}'), Buffer.from('{}'), Buffer.from('{}')],
      buffers: [],
    });
    const changed = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, byte]) =>
        Buffer.concat([whole.subarray(0, at), Buffer.from([byte]), whole.subarray(at + 1)]),
      );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      changed,
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (frame, isBinary) => {
        for (const decode of [() => decodeV1(frame), () => decodeLegacy(frame, isBinary)]) {
          try {
            const { parts } = decode();
            expect(parts).toHaveLength(4);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
      { seed, numRuns: 3000 },
    );
  });
});
