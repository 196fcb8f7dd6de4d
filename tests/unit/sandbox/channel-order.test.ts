import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputOrder, type TextName } from '../../../kernel/sandbox/channel-order.ts';

const token = 'a1b2';
const mark = (kind: 'm' | 's', number: number, of = token): Buffer =>
  Buffer.from(`\x1b_R:${of}:${kind}${number}\x1b\\`);

function collect() {
  const got: string[] = [];
  const order = new OutputOrder<string>({
    token,
    onText: (name, text) => got.push(`${name}:${text}`),
    onMessage: (message) => got.push(message),
  });
  return { got, order };
}

/** An order that has seen its first mark. */
function begun() {
  const made = collect();
  made.order.text('stdout', mark('s', 1));
  made.order.text('stderr', mark('s', 1));
  return made;
}

type Sent = { readonly name: TextName; readonly text: string } | { readonly message: string };

/**
 * What a worker writes to its three channels for that: a mark at each message and each change of stream. Before the first text
 * messages wait for none, and the mark of the last of them is written when text follows.
 */
function write(sent: readonly Sent[]) {
  const stdout = [mark('s', 1)];
  const stderr = [mark('s', 1)];
  const messages: { number: number; message: string; isQuiet: boolean }[] = [];
  let isQuiet = true;
  let number = 1;
  let last: TextName | undefined;
  const barrier = (kind: 'm' | 's'): void => {
    number += 1;
    stdout.push(mark(kind, number));
    stderr.push(mark(kind, number));
    last = undefined;
  };
  for (const item of sent) {
    if ('message' in item) {
      if (isQuiet) number += 1;
      else barrier('m');
      messages.push({ number, message: item.message, isQuiet });
    } else {
      if (isQuiet && number > 1) for (const pipe of [stdout, stderr]) pipe.push(mark('m', number));
      isQuiet = false;
      if (last !== undefined && last !== item.name) barrier('s');
      last = item.name;
      (item.name === 'stdout' ? stdout : stderr).push(Buffer.from(item.text));
    }
  }
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), messages };
}

const joined = (items: readonly string[]): string[] => {
  const result: string[] = [];
  for (const item of items) {
    const [name, ...text] = item.split(':');
    const before = result.at(-1);
    if (before !== undefined && text.length > 0 && before.startsWith(`${name!}:`)) {
      result[result.length - 1] = before + text.join(':');
    } else result.push(item);
  }
  return result;
};

describe('the order of text and messages', () => {
  it('is the order of sending, however the three channels arrive', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '😀', '\n', '\x1b', '_', 'R', '\\'),
      minLength: 1,
    });
    const item: fc.Arbitrary<Sent> = fc.oneof(
      fc.record({ name: fc.constantFrom('stdout' as const, 'stderr' as const), text }),
      fc.nat(999).map((n) => ({ message: `message ${n}` })),
    );
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 12 }),
        fc.infiniteStream(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 30 }))),
        (sent, choices) => {
          const { got, order } = collect();
          const { stdout, stderr, messages } = write(sent);
          const left = { stdout, stderr };
          for (const [channel, size] of choices) {
            if (left.stdout.length + left.stderr.length + messages.length === 0) break;
            const name = channel === 0 ? 'stdout' : 'stderr';
            if (channel === 2) {
              const next = messages.shift();
              if (next?.isQuiet === true) order.pass(next.number, next.message);
              else if (next !== undefined) order.message(next.number, next.message, 0);
            } else {
              order.text(name, left[name].subarray(0, size));
              left[name] = left[name].subarray(size);
            }
          }
          order.flush();
          const expected = sent.map((one) => ('message' in one ? one.message : `${one.name}:${one.text}`));
          expect(joined(got)).toEqual(joined(expected));
        },
      ),
    );
  });

  it('drops text from before the first mark, and the marks of earlier requests', () => {
    const { got, order } = collect();
    order.text('stdout', Buffer.concat([Buffer.from('old'), mark('m', 9, 'ffff'), Buffer.from('old')]));
    order.text(
      'stdout',
      Buffer.concat([mark('s', 1), Buffer.from('a'), mark('s', 7, 'ffff'), Buffer.from('b')]),
    );
    order.text('stderr', mark('s', 1));
    expect(got.join('')).toBe('stdout:astdout:b');
  });

  it('shows text at once when nothing has to precede it', () => {
    const { got, order } = begun();
    order.text('stdout', Buffer.from('now'));
    expect(got).toEqual(['stdout:now']);
  });

  it('passes a message whose mark is missing, and a mark whose message is', () => {
    const { got, order } = begun();
    order.text('stdout', Buffer.concat([mark('m', 2), mark('m', 4), Buffer.from('after')]));
    order.text('stderr', Buffer.concat([mark('m', 3), mark('m', 4)]));
    order.message(3, 'three', 0);
    order.message(4, 'four', 0);
    expect(got).toEqual(['three', 'four', 'stdout:after']);
  });

  it('delivers what waits for no text at once, after the messages before it', () => {
    const { got, order } = collect();
    order.message(2, 'two', 0);
    order.pass(3, 'three');
    expect(got).toEqual(['two', 'three']);
  });

  it('waits for nothing when it is flushed', () => {
    const { got, order } = begun();
    order.text('stdout', Buffer.concat([mark('m', 2), Buffer.from('text \x1b_R:')]));
    order.message(2, 'message', 0);
    expect(got).toEqual([]);
    order.flush();
    expect(got.sort()).toEqual(['message', 'stdout:\x1b_R:', 'stdout:text ']);
  });

  it('holds back a bounded number of short pieces', () => {
    const { got, order } = begun();
    const pieces = 200_000;
    order.text('stdout', Buffer.concat([mark('m', 2), Buffer.from('\x1b_R:'.repeat(pieces))]));
    expect(got.length).toBeGreaterThan(0);
    order.flush();
    const text = got.map((each) => each.slice('stdout:'.length)).join('');
    expect(text === '\x1b_R:'.repeat(pieces)).toBe(true);
  });

  it.each([
    { what: 'large messages', size: 20 * 2 ** 20, count: 4 },
    { what: 'small messages', size: 1, count: 200_000 },
  ])('holds back a bounded amount of $what, in their order', ({ size, count }) => {
    const { got, order } = begun();
    for (let number = 0; number < count; number += 1) order.message(number + 2, String(number), size);
    expect(got.length).toBeGreaterThan(0);
    order.flush();
    expect(got).toEqual(Array.from({ length: count }, (_, number) => String(number)));
  });

  it('holds back a bounded amount', () => {
    const { got, order } = begun();
    order.text('stdout', mark('s', 2));
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < 9; sent += 1) order.text('stdout', megabyte);
    expect(got.join('').length).toBeGreaterThan(8 * 1024 * 1024);
  });

  it('takes what only looks like a mark for text', () => {
    const { got, order } = begun();
    const odd = `\x1b_R:${token}:z1\x1b\\|\x1b_R:${'x'.repeat(100)}|\x1b_`;
    order.text('stdout', Buffer.from(odd));
    order.flush();
    expect(got.map((item) => item.slice('stdout:'.length)).join('')).toBe(`|\x1b_R:${'x'.repeat(100)}|\x1b_`);
  });
});
