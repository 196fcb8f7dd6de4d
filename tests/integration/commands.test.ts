import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../kernel/commands.ts';
import { parseConnectionFile } from '../../kernel/protocol/connection-file.ts';
import { TestClient } from '../unit/router/client.ts';
import { freePorts } from '../support/ports.ts';
import { environment, temporaryDirectory } from '../unit/server/temporary.ts';
import { ZmqClient } from './wire-client.ts';

/** What is written while something runs. */
async function written(to: 'stdout' | 'stderr', action: () => Promise<number>): Promise<[number, string]> {
  const texts: string[] = [];
  const spy = vi.spyOn(process[to], 'write').mockImplementation((text, ...rest) => {
    texts.push(String(text));
    for (const done of rest) if (typeof done === 'function') done();
    return true;
  });
  try {
    return [await action(), texts.join('')];
  } finally {
    spy.mockRestore();
  }
}

/** Nothing of this machine's own is read or written. */
function alone(more: Readonly<Record<string, string>> = {}): string {
  const directory = temporaryDirectory();
  environment({ XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory, REPLIQUE_AUDIT_DIR: '', ...more });
  return directory;
}

/** A connection file's content. */
function connectionIn(directory: string): string {
  const ports = { shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 5 };
  return JSON.stringify({ transport: 'ipc', ip: join(directory, 'k'), key: 'a-key-of-a-test', ...ports });
}

describe('a command', () => {
  it.each([[[]], [['nonsense']]])('%j that is none says which there are', async (args) => {
    alone();
    expect(await written('stderr', () => runCommand(args))).toEqual([
      2,
      'usage: kernel.js -f CONNECTION_FILE | check | setup [--embedded] | audit verify|show | environment [PROVIDER:MODEL…]\n',
    ]);
  });

  it('`check` says what the system lacks, as one line', { timeout: 60_000 }, async () => {
    alone({ REPLIQUE_PROVIDER: 'mock' });
    const [status, text] = await written('stdout', () => runCommand(['check']));
    const report = JSON.parse(text) as { ok: boolean; lines: unknown[] };
    expect(report.lines.length).toBeGreaterThan(3);
    expect(status).toBe(report.ok ? 0 : 1);
  });

  it('`setup` says which provider and model there will be', async () => {
    alone({ REPLIQUE_PROVIDER: 'mock' });
    const [status, text] = await written('stdout', () => runCommand(['setup']));
    expect(status).toBe(0);
    expect(text).toMatch(/^\{"type":"step","text":"Provider mock, model mock\.[^]*\n\{"type":"done"\}\n$/);
  });

  it.each(['', 'configured'])('`audit verify` reads the record where it lies: %j', async (place) => {
    const directory = alone();
    const auditDir = place === '' ? join(directory, 'replique', 'audit') : join(directory, place);
    if (place !== '') environment({ REPLIQUE_AUDIT_DIR: auditDir });
    const [status, text] = await written('stdout', () => runCommand(['audit', 'verify']));
    expect([status, JSON.parse(text)]).toEqual([0, { type: 'done', directory: auditDir }]);
  });
});

describe('a kernel’s connection file', () => {
  it.each([
    ['that is missing', 'missing.json', 'there is no such file'],
    ['that is a directory', 'directory', 'it is not a regular file'],
    ['that is no JSON', 'broken.json', 'JSON'],
    ['', '', 'there is no such file'],
  ])('%s can’t be used, and it is said why', async (_, name, problem) => {
    const directory = alone();
    mkdirSync(join(directory, 'directory'));
    writeFileSync(join(directory, 'broken.json'), '{');
    const args = name === '' ? ['-f'] : ['-f', join(directory, name)];
    await expect(runCommand(args)).rejects.toThrow(problem);
  });

  it('that is refused leaves no port taken', async () => {
    const file = join(alone(), 'k.json');
    const names = ['shell', 'control', 'stdin', 'iopub', 'hb'];
    const ports = await freePorts(names.length);
    const places = Object.fromEntries(names.map((name, at) => [`${name}_port`, ports[at]]));
    writeFileSync(file, JSON.stringify({ ip: '127.0.0.1', ...places, signature_scheme: 'hmac-md5' }));
    await expect(runCommand(['-f', file])).rejects.toThrow('signature_scheme');
    // libzmq gives a port back a moment after it said so.
    const listens = async (): Promise<void> => {
      const server = createServer().listen(ports[0], '127.0.0.1');
      await once(server, 'listening');
      server.close();
    };
    await vi.waitFor(listens, { timeout: 5000, interval: 20 });
  });

  it.each([
    ['another scheme', { signature_scheme: 'hmac-md5' }],
    ['a port that is text', { hb_port: 'file' }],
  ])('with %s removes nothing that lies where it names a socket', async (_, wrong) => {
    const directory = alone();
    const [file, lying] = [join(directory, 'k.json'), ['k-1', 'k-file'].map((name) => join(directory, name))];
    for (const each of lying) writeFileSync(each, 'kept');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(connectionIn(directory)), ...wrong }));
    await expect(runCommand(['-f', file])).rejects.toThrow('missing or wrong');
    expect(lying.map((each) => readFileSync(each, 'utf8'))).toEqual(['kept', 'kept']);
  });
});

describe('a kernel', { timeout: 60_000 }, () => {
  it.each([
    ['the process that started it', 'kernel-0b1c.json'],
    ['a client’s word', 'named.json'],
  ])('ends with %s', async (_, name) => {
    const parent = name === 'named.json' ? undefined : spawn('sleep', ['600']);
    const directory = alone({ REPLIQUE_PROVIDER: 'nobody' });
    environment({ JPY_PARENT_PID: parent && String(parent.pid) });
    const file = join(directory, name);
    writeFileSync(file, connectionIn(directory));
    const signals = process.listenerCount('SIGTERM');
    const [status, log] = await written('stderr', async () => {
      const ended = runCommand(['-f', file]);
      await vi.waitFor(() => expect(process.listenerCount('SIGTERM')).toBe(signals + 1), 30_000);
      const channels = new ZmqClient(parseConnectionFile(connectionIn(directory), file));
      const client = new TestClient(channels);
      await client.published('iopub_welcome');
      const { content } = await client.done(client.execute('Hello.'));
      expect(content['evalue']).toContain('The configuration in the variable REPLIQUE_PROVIDER');
      if (parent === undefined) client.send('shutdown_request', { restart: false }, 'control');
      else parent.kill('SIGKILL');
      const result = await ended;
      await channels.close();
      return result;
    });
    expect(status).toBe(0);
    expect(log).toContain('[replique] The configuration in the variable REPLIQUE_PROVIDER');
    expect(process.listenerCount('SIGTERM')).toBe(signals);
  });
});
