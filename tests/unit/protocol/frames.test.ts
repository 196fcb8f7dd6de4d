import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, decodeFrames, encodeFrames } from '../../../kernel/protocol/frames.ts';
import { LIMITS } from '../../../kernel/protocol/limits.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import type { Envelope } from '../../../kernel/protocol/header.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';

const key = 'a key';
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
const settings = { seed, numRuns: 300 };

/** What comes out of JSON: -0 and the like are not told apart there. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const object = fc.dictionary(fc.string(), json);
const plain = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
);
const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));

const envelope: fc.Arbitrary<Envelope> = fc.record({
  identities: fc.array(bytes, { maxLength: 3 }),
  message: fc.record({
    header: fc
      .record({
        msg_id: fc.string({ minLength: 1 }),
        msg_type: fc.string({ minLength: 1 }),
        session: fc.string(),
      })
      .chain((known) => plain.map((extra) => ({ ...extra, ...known }))),
    parent_header: plain,
    metadata: object,
    content: object,
    buffers: fc.array(bytes, { maxLength: 3 }),
  }),
});

const read = (frames: readonly Uint8Array[], signer = new Signer(key)): Envelope =>
  decodeFrames(frames, signer);

/** Frames with a right signature over these four parts. */
function signed(parts: readonly (string | Buffer)[], identities: readonly Buffer[] = []): Buffer[] {
  const frames = parts.map((part) => Buffer.from(part as string));
  return [...identities, Buffer.from('<IDS|MSG>'), new Signer(key).sign(frames.slice(0, 4)), ...frames];
}

const header = JSON.stringify({ msg_id: '1', msg_type: 't', session: 's' });

describe(`frames (seed ${seed})`, () => {
  test('what was written is read again', () => {
    fc.assert(
      fc.property(envelope, (sent) => {
        expect(read(encodeFrames(sent, new Signer(key)))).toEqual(sent);
      }),
      settings,
    );
  });

  test('any frames are a message or a decode error', () => {
    const words = fc
      .constantFrom('<IDS|MSG>', '', '{}', '[]', 'null', header, '{"a":')
      .map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.array(fc.oneof(bytes, words), { maxLength: 10 }), (frames) => {
        for (const signer of [new Signer(key), new Signer('')]) {
          try {
            read(frames, signer);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        }
      }),
      settings,
    );
  });

  test('a message with any byte of its signed parts changed is refused', () => {
    fc.assert(
      fc.property(envelope, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.nat(4), (sent, at, flip, part) => {
        const frames = encodeFrames({ ...sent, identities: [] }, new Signer(key)).map((frame) =>
          Buffer.from(frame),
        );
        const target = frames[1 + part]!;
        target[at % target.length]! ^= flip;
        expect(() => read(frames)).toThrow(DecodeError);
      }),
      settings,
    );
  });
});

describe('a message is refused', () => {
  test.each([
    ['without a delimiter', ['a', 'b', 'c', 'd', 'e', 'f'].map((text) => Buffer.from(text)), 'no delimiter'],
    ['with frames missing', signed([header, '{}', '{}']), 'frames are missing'],
    ['with a header that is no JSON', signed(['{', '{}', '{}', '{}']), 'the header is no JSON'],
    ['with a header that is an array', signed(['[]', '{}', '{}', '{}']), 'no JSON object'],
    ['with a parent that is null', signed([header, 'null', '{}', '{}']), 'parent header is no JSON object'],
    [
      'with text that is no UTF-8',
      signed([header, '{}', '{}', Buffer.from([0x7b, 0xff, 0x7d])]),
      'content is no JSON',
    ],
    ['with Python’s NaN', signed([header, '{}', '{}', '{"a": NaN}']), 'content is no JSON'],
    [
      'with content that is nested too deep',
      signed([header, '{}', '{}', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`]),
      'content is nested too deep',
    ],
    ['without a message id', signed(['{"msg_type":"t","session":"s"}', '{}', '{}', '{}']), 'lacks a field'],
    [
      'with an id that is a number',
      signed(['{"msg_id":1,"msg_type":"t","session":"s"}', '{}', '{}', '{}']),
      'lacks',
    ],
    [
      'with a type that is an object',
      signed(['{"msg_id":"1","msg_type":{"a":1},"session":"s"}', '{}', '{}', '{}']),
      'lacks a field',
    ],
  ])('%s', (_name, frames, problem) => {
    expect(() => read(frames)).toThrow(problem);
  });

  test('not for 200 levels, nor for a hundred thousand are they walked', () => {
    const content = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(read(signed([header, '{}', '{}', content(200)])).message.content).toHaveProperty('a');
    expect(() => read(signed([header, '{}', '{}', content(100_000)]))).toThrow('nested too deep');
  });

  test('with too many frames, identities or bytes, before anything is parsed', () => {
    const untouchable = new Proxy(new Signer(key), {
      get: () => {
        throw new Error('the signature was looked at');
      },
    });
    const good = signed([header, '{}', '{}', '{}']);
    const many = Array.from({ length: LIMITS.frames }, () => Buffer.alloc(0));
    const cases: [Buffer[], string][] = [
      [[...good, ...many], 'too many frames'],
      [[...many.slice(0, LIMITS.identities + 1), ...good], 'no delimiter'],
      [[Buffer.alloc(LIMITS.identityBytes + 1), ...good], 'an identity is too long'],
      [signed([' '.repeat(LIMITS.headerBytes) + header, '{}', '{}', '{}']), 'a header is too large'],
      [signed([header, ' '.repeat(LIMITS.headerBytes) + '{}', '{}', '{}']), 'a header is too large'],
    ];
    for (const [frames, problem] of cases) expect(() => read(frames, untouchable)).toThrow(problem);

    const half = Buffer.alloc(LIMITS.jsonBytes / 2 + 1);
    const content = [...good.slice(0, 4), half, half];
    expect(() => read(content, untouchable)).toThrow('the content is too large');
    const buffer = Buffer.alloc(LIMITS.totalBytes / 4);
    expect(() => read([...good, buffer, buffer, buffer, buffer], untouchable)).toThrow(
      'the message is too large',
    );
  });

  test('the text of the error holds nothing of the frames', () => {
    const secret = 'hunter2';
    for (const frames of [
      signed([secret, '{}', '{}', '{}']),
      signed([header, '{}', '{}', `{"a": ${secret}}`]),
    ]) {
      try {
        read(frames);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain(secret);
      }
    }
  });
});

test('values nested in a header are dropped, and no depth of them harms', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const nested = `{"msg_id":"1","msg_type":"t","session":"s","__proto__":{"a":1},"deep":${deep}}`;
  const { message } = read(signed([nested, `{"msg_id":"0","deep":${deep}}`, '{}', '{}']));
  expect(message.header).toEqual({ msg_id: '1', msg_type: 't', session: 's' });
  expect(message.parent_header).toEqual({ msg_id: '0' });
  expect(() => encodeFrames({ identities: [], message }, new Signer(key))).not.toThrow();
});

test('a message has a fresh id, the session, a UTC date and the protocol version', () => {
  const [first, second] = [1, 2].map(() => makeMessage('status', 'me', { execution_state: 'idle' }).header);
  expect(first?.msg_id).not.toBe(second?.msg_id);
  expect(first).toMatchObject({ msg_type: 'status', session: 'me', version: '5.5', username: 'replique' });
  expect(first?.['date']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});
