import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError, type Engine } from '../../../../kernel/providers/embedded/engine.ts';
import { hostServer } from '../../../../kernel/providers/embedded/host-server.ts';

/** In place of a model of some gigabytes: what its engine does with a ping. */
let ping: (path: string) => Promise<void>;
let folder: string;
let server: Server;
let logged: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replique-host-'));
  logged = [];
  ping = () => Promise.resolve();
  const engineDouble = { isLoaded: () => true, ping: (path: string) => ping(path) } as unknown as Engine;
  server = hostServer({
    ...{ engine: engineDouble, idleMs: 60_000, onIdle: () => undefined },
    log: (line) => logged.push(line),
  });
  server.listen(join(folder, 'socket'));
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await once(server, 'close');
  rmSync(folder, { recursive: true });
});

const request = '{"type":"ping","path":"/model"}\n';

async function opened(): Promise<Socket> {
  const socket = connect(join(folder, 'socket'));
  await once(socket, 'connect');
  return socket;
}

/** What the host says to these pieces, each sent when the one before it has left. */
async function said(...pieces: readonly string[]): Promise<readonly unknown[]> {
  const socket = await opened();
  for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
  const lines = (await text(socket)).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as unknown).slice(1);
}

describe('the model host', () => {
  it('hears one request a connection, in however many pieces, and nothing after it', async () => {
    const paths: string[] = [];
    ping = (path) => Promise.resolve(void paths.push(path));
    expect(await said(request.slice(0, 9), request.slice(9), request.replace('model', 'other'))).toEqual([
      { type: 'pong' },
    ]);
    expect(paths).toEqual(['/model']);
  });

  it.each([
    [new EngineError('overflow', 'It does not fit.'), { kind: 'overflow', message: 'It does not fit.' }],
    [new TypeError('a defect'), { kind: 'server', message: 'The model failed while it computed.' }],
  ])('says that the model failed, and logs why: %s', async (error, failure) => {
    ping = () => Promise.reject(error);
    expect(await said(request)).toEqual([{ type: 'failed', ...failure }]);
    expect(logged).toEqual([`failed: ${error.message}`]);
  });

  it('does not understand what is no request', async () => {
    expect(await said('{"type":"nothing"}\n')).toMatchObject([{ type: 'failed', kind: 'bad-request' }]);
  });

  it('has whoever comes next wait, and forgets who has gone meanwhile', async () => {
    let release = (): void => undefined;
    let begun = (): void => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    ping = () =>
      new Promise((resolve) => {
        release = resolve;
        begun();
      });
    const first = said(request);
    await isBegun;
    const gone = await opened();
    gone.write(request);
    let heard = '';
    gone.on('data', (chunk) => (heard += chunk.toString()));
    await expect.poll(() => heard).toContain('"queue"');
    gone.destroy();
    const connections = promisify(server.getConnections.bind(server));
    await expect.poll(connections).toBe(1);
    release();
    expect(await first).toEqual([{ type: 'pong' }]);
    ping = () => Promise.resolve();
    expect(await said(request)).toEqual([{ type: 'pong' }]);
    expect(logged).toEqual([]);
  });
});
