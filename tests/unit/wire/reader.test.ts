import { expect, test } from 'vitest';
import { encodeFrames } from '../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';
import { Reader } from '../../../kernel/wire/reader.ts';

test('reads a message once and tells why it refuses one', () => {
  const log: string[] = [];
  const reader = new Reader('shell', new Signer('key'), (line) => log.push(line));
  const message = makeMessage('kernel_info_request', 'me', {});
  const frames = encodeFrames({ identities: [], message }, new Signer('key'));
  expect(reader.read(frames)?.message).toEqual(message);
  expect(reader.read(frames)).toBeUndefined();
  expect(reader.read([])).toBeUndefined();
  expect(log).toEqual([
    'Refused a message on shell: the signature is replayed (1 refused so far).',
    'Refused a message on shell: no delimiter (2 refused so far).',
  ]);
});

test('a flood of bad messages leaves few lines in the log', () => {
  const log: string[] = [];
  const reader = new Reader('shell', new Signer('key'), (line) => log.push(line));
  for (let index = 0; index < 5000; index += 1) reader.read([]);
  expect(log).toHaveLength(25);
  expect(log.at(-1)).toContain('5000 refused');
});
