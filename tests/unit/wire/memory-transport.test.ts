import { expect, test } from 'vitest';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { memoryPair } from '../../../kernel/wire/memory-transport.ts';

test('carries messages both ways until the kernel closes its end', async () => {
  const { kernel, client } = memoryPair('key', () => undefined);
  const toKernel: string[] = [];
  const toClient: string[] = [];
  kernel.receive((channel, { message }) => toKernel.push(`${channel} ${message.header.msg_type}`));
  client.receive((channel, { message }) => toClient.push(`${channel} ${message.header.msg_type}`));
  const envelope = (type: string) => ({ identities: [], message: makeMessage(type, 'me', {}) });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  client.send('shell', envelope('a'));
  kernel.send('control', envelope('b'));
  kernel.publish(makeMessage('c', 'me', {}));
  await turn();
  await kernel.close();
  client.send('shell', envelope('d'));
  kernel.publish(makeMessage('e', 'me', {}));
  await turn();
  expect({ toKernel, toClient }).toEqual({ toKernel: ['shell a'], toClient: ['control b', 'iopub c'] });
});
