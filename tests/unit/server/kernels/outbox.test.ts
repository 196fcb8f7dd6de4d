import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Outbox, type Sink } from '../../../../server/services/kernels/outbox.ts';
import type { ChannelMessage } from '../../../../server/services/kernels/wire/message.ts';

const megabyte = 2 ** 20;

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'ro-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const text = (message: ChannelMessage): string => Buffer.from(message.parts[3]).toString().trim();
const message = (content: string, bytes = 0): ChannelMessage => ({
  channel: 'iopub',
  parts: [Buffer.from('{}'), Buffer.from('{}'), Buffer.from('{}'), Buffer.from(content.padEnd(bytes))],
  buffers: [],
});
const outboxOf = (mostBytes: number): Outbox =>
  new Outbox({ mostBytes, spoolDirectory: () => directory, lost: (count) => message(`${count} lost`) });

/** A client that takes so many messages, and then those that it is given room for. */
class Reader implements Sink {
  readonly got: string[] = [];
  #room: number;
  #callback: (() => void) | undefined;
  constructor(room: number) {
    this.#room = room;
  }
  write(given: ChannelMessage): boolean {
    this.got.push(text(given));
    this.#room -= 1;
    return this.#room > 0;
  }
  onRoom(callback: () => void): void {
    this.#callback = callback;
  }
  give(room: number): void {
    this.#room = room;
    this.#callback?.();
  }
}
/** Where a descriptor leads; one that is closed by now leads nowhere. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
const numbers = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => String(from + n));

describe('messages that wait for a client', () => {
  it('go straight to one that is there', () => {
    const outbox = outboxOf(megabyte);
    const reader = new Reader(Infinity);
    outbox.attach(reader);
    for (const n of numbers(10)) outbox.push(message(n));
    expect(reader.got).toEqual(numbers(10));
  });

  it('wait for one that is away or slow, in order, in memory and on the disk', () => {
    const outbox = outboxOf(200 * megabyte);
    for (const n of numbers(100)) outbox.push(message(n, megabyte));
    const reader = new Reader(10);
    outbox.attach(reader);
    expect(reader.got).toEqual(numbers(10));
    outbox.push(message('100'));
    reader.give(60);
    expect(reader.got).toEqual(numbers(70));
    outbox.detach();
    outbox.push(message('101'));
    const next = new Reader(Infinity);
    outbox.attach(next);
    expect(next.got).toEqual(numbers(32, 70));
    outbox.push(message('102'));
    expect(next.got.at(-1)).toBe('102');
    expect(readdirSync(directory)).toEqual([]); // the file has no name that could be left behind
  });

  it('are not sent to one that has gone when it would have room again', () => {
    const outbox = outboxOf(megabyte);
    const [older, newer] = [new Reader(2), new Reader(1)];
    outbox.attach(older);
    for (const n of numbers(5)) outbox.push(message(n));
    outbox.attach(newer);
    older.give(10);
    expect([older.got, newer.got]).toEqual([numbers(2), numbers(1, 2)]);
    newer.give(10);
    outbox.push(message('5'));
    expect([older.got, newer.got]).toEqual([numbers(2), numbers(4, 2)]);
  });

  it('are forgotten when the one they wait for does not come back', () => {
    const outbox = outboxOf(200 * megabyte);
    for (const n of numbers(40)) outbox.push(message(n, megabyte));
    outbox.close();
    const reader = new Reader(Infinity);
    outbox.attach(reader);
    outbox.push(message('next'));
    expect(reader.got).toEqual(['next']);
  });

  it('are counted where there is no room for them, and that is said in their place', () => {
    const outbox = outboxOf(5 * megabyte);
    for (const n of numbers(20)) outbox.push(message(n, megabyte));
    outbox.push(message('small'));
    const reader = new Reader(Infinity);
    outbox.attach(reader);
    expect(reader.got).toEqual([...numbers(4), '17 lost']);
    outbox.push(message('next'));
    expect(reader.got.at(-1)).toBe('next');
  });

  it('are counted where the disk does not give them back', () => {
    const outbox = outboxOf(100 * megabyte);
    for (const n of numbers(40)) outbox.push(message(n, megabyte));
    const file = '/proc/self/fd';
    const spool = readdirSync(file).find((fd) =>
      linkOf(join(file, fd)).startsWith(join(directory, '.messages-')),
    );
    truncateSync(join(file, spool!), 2 * megabyte); // as a disk that fails
    const reader = new Reader(Infinity);
    outbox.attach(reader);
    expect(reader.got).toEqual([...numbers(32), '8 lost']);
    for (const n of numbers(40)) outbox.push(message(n, megabyte));
    expect(reader.got.slice(-40)).toEqual(numbers(40));
  });

  it('are counted where the disk takes none', () => {
    const outbox = outboxOf(100 * megabyte);
    rmSync(directory, { recursive: true });
    for (const n of numbers(40)) outbox.push(message(n, megabyte));
    const reader = new Reader(Infinity);
    outbox.attach(reader);
    expect(reader.got).toEqual([...numbers(31), '9 lost']);
    directory = mkdtempSync(join(tmpdir(), 'ro-'));
  });
});
