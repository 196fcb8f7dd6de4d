import { expect, test } from 'vitest';
import { FairQueue } from '../../../../kernel/providers/embedded/queue.ts';

const never = new AbortController().signal;

function gateOf(): { promise: Promise<undefined>; resolve: (value: undefined) => void } {
  let resolve: (value: undefined) => void = () => undefined;
  const promise = new Promise<undefined>((open) => {
    resolve = open;
  });
  return { promise, resolve };
}

/** Queues work for each client while something blocks the queue, and says in which order it ran. */
async function order(clients: readonly string[]): Promise<string[]> {
  const queue = new FairQueue();
  const ran: string[] = [];
  const gate = gateOf();
  const first = queue.run('first', () => gate.promise, never);
  const work = clients.map((client) =>
    queue.run(
      client,
      () => {
        ran.push(client);
        return Promise.resolve();
      },
      never,
    ),
  );
  gate.resolve(undefined);
  await Promise.all([first, ...work]);
  expect(queue.busy).toBe(false);
  return ran;
}

test('a client that asks for much does not starve the others', async () => {
  expect(await order(['a', 'a', 'a', 'b', 'c', 'b'])).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
});

test('a client that had its turn long ago comes before one that just had it', async () => {
  expect(await order(['first', 'b', 'b'])).toEqual(['b', 'first', 'b']);
});

test('failed work frees the queue', async () => {
  const queue = new FairQueue();
  await expect(queue.run('a', () => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
  expect(await queue.run('a', () => Promise.resolve(1), never)).toBe(1);
});

test('who leaves while waiting never runs', async () => {
  const queue = new FairQueue();
  const gate = gateOf();
  const first = queue.run('a', () => gate.promise, never);
  const control = new AbortController();
  let ran = false;
  const waiting = queue.run('b', () => Promise.resolve((ran = true)), control.signal);
  const after = queue.run('c', () => Promise.resolve('c'), never);
  control.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  gate.resolve(undefined);
  expect(await after).toBe('c');
  await first;
  expect(ran).toBe(false);
  await expect(queue.run('b', () => Promise.resolve(), AbortSignal.abort(new Error('late')))).rejects.toThrow(
    'late',
  );
});

test('it does not remember clients for ever', async () => {
  const queue = new FairQueue();
  for (let i = 0; i < 1000; i += 1) await queue.run(`client ${i}`, () => Promise.resolve(), never);
  expect(queue.busy).toBe(false);
});
