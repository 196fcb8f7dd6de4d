import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChannelPool, encodeFrame, FrameReader, type Frame } from '../../../kernel/sandbox/channel.ts';

function read(
  bytes: Buffer,
  cuts: readonly number[] = [],
  options: { preamble?: string; largest?: number } = {},
) {
  const frames: Frame[] = [];
  const breaches: string[] = [];
  const reader = new FrameReader({
    ...options,
    onFrame: (frame) => frames.push(frame),
    onBreach: (problem) => breaches.push(problem),
  });
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, point] of points.slice(1).entries()) reader.push(bytes.subarray(points[index], point));
  return { frames, breaches };
}

/** A message whose head is given as text. */
function raw(head: string, body = ''): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32BE(Buffer.byteLength(head), 0);
  prefix.writeUInt32BE(Buffer.byteLength(body), 4);
  return Buffer.concat([prefix, Buffer.from(head + body)]);
}

describe('messages over a byte stream', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const message = fc.record({
      text: fc.string({ unit: 'grapheme', maxLength: 40 }),
      buffers: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (sent, cuts) => {
          const bytes = Buffer.concat(sent.map(({ text, buffers }) => encodeFrame({ text }, buffers)));
          const { frames, breaches } = read(bytes, cuts);
          expect(breaches).toEqual([]);
          expect(frames.map(({ head }) => (head as { text: string }).text)).toEqual(
            sent.map(({ text }) => text),
          );
          expect(frames.map(({ buffers }) => buffers.map((buffer) => [...buffer]))).toEqual(
            sent.map(({ buffers }) => buffers.map((buffer) => [...buffer])),
          );
        },
      ),
    );
  });

  it('skips what precedes the preamble, wherever it is cut', () => {
    const nonce = 'abcdef0123456789';
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat()), (noise, cuts) => {
        const bytes = Buffer.concat([noise, Buffer.from(nonce), encodeFrame({ kind: 'hello' })]);
        expect(read(bytes, cuts, { preamble: nonce }).frames).toMatchObject([{ head: { kind: 'hello' } }]);
      }),
    );
  });

  it.each([
    ['a head that is too large', Buffer.from('ffffffff00000000', 'hex')],
    ['a body that is too large', Buffer.from('00000002ffffffff', 'hex')],
    ['a head that is not JSON', raw('{')],
    [
      'a head that is not text',
      Buffer.concat([Buffer.from('0000000200000000', 'hex'), Buffer.from([0xff, 0xfe])]),
    ],
    ['buffers that are no list', raw('{"buffers": 3}')],
    ['sizes that are no numbers', raw('{"buffers": ["1"]}', 'a')],
    ['a size below zero', raw('{"buffers": [-1, 2]}', 'a')],
    ['too little body', raw('{"buffers": [2]}', 'a')],
    ['body that no one asked for', raw('null', 'a')],
    ['too many buffers', raw(JSON.stringify({ buffers: Array<number>(1001).fill(0) }))],
  ])('%s is a breach, told once, and ends it', (_, bytes) => {
    const { frames, breaches } = read(Buffer.concat([bytes, encodeFrame({}), bytes]));
    expect(frames).toEqual([]);
    expect(breaches).toHaveLength(1);
  });

  it('takes a message of the largest size, and none above', () => {
    const head = { text: 'x'.repeat(89) };
    expect(read(encodeFrame(head), [], { largest: 100 }).frames).toHaveLength(1);
    expect(read(encodeFrame({ text: 'x'.repeat(90) }), [], { largest: 100 }).breaches).toHaveLength(1);
  });
});

describe('the channels of a sandbox', () => {
  it('are lent one by one, and again when they are given back', () => {
    const pool = new ChannelPool([new PassThrough(), new PassThrough()], 10_000);
    const first = pool.take(true);
    const second = pool.take();
    expect([first.index, first.nonce, second.index]).toEqual([0, '', 1]);
    expect(second.nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(() => pool.take()).toThrow('free');
    first.release();
    first.release();
    expect(pool.take().index).toBe(0);
    expect(() => pool.take()).toThrow('free');
  });

  it('bring nothing of an earlier process to a later one', async () => {
    const stream = new PassThrough();
    const pool = new ChannelPool([stream], 10_000);
    const heard: unknown[] = [];
    const early = pool.take(true);
    early.listen({
      onFrame: ({ head }) => heard.push(['early', head]),
      onBreach: () => heard.push('breach'),
    });
    stream.write(Buffer.concat([encodeFrame({ n: 1 }), encodeFrame({ n: 2 }).subarray(0, 9)]));
    await new Promise(setImmediate);
    early.release();
    early.send({ kind: 'unheard' });
    const late = pool.take();
    late.listen({ onFrame: ({ head }) => heard.push(['late', head]), onBreach: () => heard.push('breach') });
    stream.write(Buffer.concat([encodeFrame({ n: 3 }), Buffer.from(late.nonce), encodeFrame({ n: 4 })]));
    await new Promise(setImmediate);
    expect(heard).toEqual([
      ['early', { n: 1 }],
      ['late', { n: 4 }],
    ]);
  });
});
