import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelHub } from '../../../../kernel/providers/embedded/weights-hub.ts';
import { smallModel } from '../../../support/embedded.ts';

const content = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');
const { spec } = smallModel('', content, 10);

let folder: string;
let partial: string;
let server: Server;
let address: string;
let reply: (range: string, response: ServerResponse) => void;
const asked: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-hub-'));
  partial = join(folder, 'partial');
  asked.length = 0;
  reply = ranges;
  server = createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.range ?? ''}`);
    reply(request.headers.range ?? '', response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const ranges = (range: string, response: ServerResponse): void => {
  const start = Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0);
  response.writeHead(206).end(content.subarray(start));
};

const download = (
  signal = AbortSignal.timeout(20_000),
  answerMs = 5000,
  stallMs = 5000,
): Promise<number[]> => {
  const seen: number[] = [];
  return modelHub({ address, answerMs, stallMs })
    .fetch(spec, partial, { signal, onBytes: (done) => seen.push(done) })
    .then(() => seen);
};

test('the file comes from its repository', async () => {
  expect((await download()).at(-1)).toBe(content.length);
  expect(await readFile(partial)).toEqual(content);
  expect(asked).toEqual(['/some/small/resolve/main/small.gguf bytes=0-']);
});

test('it goes on where it stopped; a whole file is not asked for', async () => {
  await writeFile(partial, content.subarray(0, 13));
  await download();
  expect(await readFile(partial)).toEqual(content);
  expect(asked[0]).toContain('bytes=13-');
  await download();
  expect(asked).toHaveLength(1);
});

test('a hub that does not know ranges sends all of it again', async () => {
  reply = (_, response) => void response.writeHead(200).end(content);
  await writeFile(partial, 'something else');
  await download();
  expect(await readFile(partial)).toEqual(content);
});

test('an interrupted download keeps what came', async () => {
  reply = (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 9), () => setTimeout(() => response.destroy(), 50));
  };
  await expect(download()).rejects.toThrow();
  expect(await readFile(partial)).toEqual(content.subarray(0, 9));
});

test.each<[string, typeof reply, string]>([
  ['too little', (_, response) => void response.end('x'), 'ended too early'],
  ['too much', (_, response) => void response.end(Buffer.alloc(1000)), 'more than the model'],
  ['not there', (_, response) => void response.writeHead(404).end(), 'status 404'],
  ['silence', () => undefined, 'did not answer within 1 seconds'],
  ['a standstill', (_, response) => void response.write('abc'), 'stood still'],
])('%s is an error', async (_, answer, message) => {
  reply = answer;
  await expect(download(undefined, 300, 300)).rejects.toThrow(message);
});

test('a hub that is not there is told quickly', async () => {
  server.close();
  server.closeAllConnections();
  await expect(download()).rejects.toThrow('ECONNREFUSED');
});

test('cancelled: the reason comes out', async () => {
  reply = () => undefined;
  const control = new AbortController();
  const fetched = download(control.signal);
  setTimeout(() => control.abort(new Error('stopped')), 100);
  await expect(fetched).rejects.toThrow('stopped');
});

test('it has only what is on it', async () => {
  const { hub, ...without } = spec;
  expect(modelHub().describe(spec)).toContain(hub?.repository);
  expect(modelHub().describe(without)).toBeUndefined();
  const context = { signal: AbortSignal.timeout(1000), onBytes: () => undefined };
  await expect(modelHub().fetch(without, partial, context)).rejects.toThrow('does not have');
});
