import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askHost, makePrivate, type HostOptions } from '../../../../kernel/providers/embedded/client.ts';
import { protocolVersion, socketName } from '../../../../kernel/providers/embedded/protocol.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-client-'));
});
afterEach(() => rm(folder, { recursive: true }));

const signal = AbortSignal.timeout(25_000);

async function ask(script: string, changes: Partial<HostOptions> = {}): Promise<unknown> {
  const file = join(folder, 'host.mjs');
  await writeFile(file, script);
  const options: HostOptions = {
    directory: join(folder, 'run'),
    script: file,
    runtime: '/none',
    log: join(folder, 'logs', 'host.log'),
    idleMs: 1000,
    threads: 1,
    ...changes,
  };
  const replies: unknown[] = [];
  try {
    for await (const reply of askHost({ type: 'ping', path: '/none' }, options, signal)) replies.push(reply);
    return replies;
  } catch (error) {
    return error;
  }
}

/** A host that greets and answers each connection once. */
const listening = (hello: string): string => `
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
writeFileSync(process.argv[1] + '.env', JSON.stringify(process.env));
const path = process.argv[process.argv.indexOf('--socket') + 1];
const server = createServer((socket) => {
  socket.write(${JSON.stringify(hello)});
  socket.on('data', () => { socket.end('{"type":"pong"}\\n'); server.close(); });
  socket.on('error', () => undefined);
});
server.listen(path, () => process.stdout.end('ready\\n'));
setTimeout(() => process.exit(), 5000).unref();
`;
const hello = (version = protocolVersion): string =>
  `{"type":"hello","version":${String(version)},"pid":1}\n`;

test('a host is started on demand, in place of a socket that a dead one left', async () => {
  await mkdir(join(folder, 'run'));
  await writeFile(join(folder, 'run', socketName), '');
  expect(await ask(listening(hello()))).toEqual([{ type: 'pong' }]);
  expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700);
});

test('a host that dies at the start: what it said last is told', async () => {
  const error = await ask("console.error('first'); console.error('the reason'); process.exit(1)");
  expect(error).toMatchObject({ kind: 'setup', message: expect.stringContaining('the reason') as string });
});

test('a host that says ready but does not listen', async () => {
  const error = await ask("process.stdout.end('ready')");
  expect(error).toMatchObject({ kind: 'unreachable', message: 'The model host left at once.' });
});

test('a peer that does not greet, or greets in another version, is given up', async () => {
  const directory = join(folder, 'run');
  await makePrivate(directory);
  let greeting = '';
  const server = createServer((socket) => socket.on('error', () => undefined).end(greeting));
  await new Promise<void>((resolve) => server.listen(join(directory, socketName), resolve));
  for (greeting of ['', 'nonsense\n', hello(protocolVersion - 1), '{"type":"pong"}\n']) {
    expect(await ask('')).toMatchObject({ kind: 'unreachable', message: 'The model host does not answer.' });
  }
  server.close();
});

test('a directory for the socket that is no directory, or has too long a name', async () => {
  await writeFile(join(folder, 'file'), '');
  await symlink(folder, join(folder, 'link'));
  await expect(makePrivate(join(folder, 'link'))).rejects.toThrow('not yours');
  const directory = join(folder, 'x'.repeat(100));
  expect(await ask('', { directory })).toMatchObject({
    kind: 'setup',
    message: expect.stringContaining('too long') as string,
  });
});

test('rights of others on the directory are taken away', async () => {
  const directory = join(folder, 'open');
  await mkdir(directory);
  await chmod(directory, 0o777);
  await makePrivate(directory);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test.skipIf(process.getuid?.() !== 0)(
  'a directory of somebody else is refused (needs root to try)',
  async () => {
    const directory = join(folder, 'theirs');
    await mkdir(directory);
    await chown(directory, 12345, 12345);
    await expect(makePrivate(directory)).rejects.toThrow('not yours');
  },
);

test('a log that has grown large is begun anew', async () => {
  const log = join(folder, 'logs', 'host.log');
  await mkdir(join(folder, 'logs'));
  await writeFile(log, 'x'.repeat(5_000_000));
  expect(await ask(listening(hello()))).toEqual([{ type: 'pong' }]);
  expect((await stat(log)).size).toBeLessThan(5_000_000);
});

test('a socket that can’t be one is said, with what to remove', async () => {
  const run = join(folder, 'run');
  await mkdir(run);
  await symlink(socketName, join(run, socketName));
  expect(await ask(listening(hello()))).toMatchObject({
    kind: 'unreachable',
    message: `The model host's socket ${join(run, socketName)} can't be used (ELOOP).`,
    remedy: `Remove ${join(run, socketName)} and run the cell again.`,
  });
});
