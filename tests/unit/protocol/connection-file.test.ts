import { describe, expect, test } from 'vitest';
import { RepliqueError } from '../../../kernel/errors.ts';
import { parseConnectionFile } from '../../../kernel/protocol/connection-file.ts';
import { socketAddress } from '../../../kernel/protocol/addresses.ts';
import type { SocketName } from '../../../kernel/protocol/addresses.ts';

const file = {
  transport: 'tcp',
  ip: '127.0.0.1',
  shell_port: 1001,
  control_port: 1002,
  stdin_port: 1003,
  iopub_port: 1004,
  hb_port: 1005,
  key: 'secret-key',
  signature_scheme: 'hmac-sha256',
  kernel_name: 'replique',
};

const parse = (value: unknown) => parseConnectionFile(JSON.stringify(value), 'kernel-1.json');

describe('a connection file', () => {
  test('gives the addresses of the sockets', () => {
    const connection = parse(file);
    const names: SocketName[] = ['shell', 'control', 'stdin', 'iopub', 'hb'];
    expect(connection.key).toBe('secret-key');
    expect(names.map((name) => socketAddress(connection, name))).toEqual(
      [1001, 1002, 1003, 1004, 1005].map((port) => `tcp://127.0.0.1:${port}`),
    );
    const ipc = parse({ ...file, transport: 'ipc', ip: '/run/kernel-ipc' });
    expect(socketAddress(ipc, 'shell')).toBe('ipc:///run/kernel-ipc-1001');
  });

  test('may leave out transport, key and scheme', () => {
    const absent = { transport: undefined, key: undefined, signature_scheme: undefined };
    expect(parse({ ...file, ...absent })).toMatchObject({
      transport: 'tcp',
      key: '',
      signature_scheme: 'hmac-sha256',
    });
  });

  test.each([
    ['a port out of range', { ...file, hb_port: 70_000 }, 'hb_port'],
    ['a port that is text', { ...file, hb_port: '1' }, 'hb_port'],
    ['no address', { ...file, ip: '' }, 'ip'],
    ['an address that ZeroMQ would cut', { ...file, ip: '/run/k\0' }, 'ip'],
    ['another transport', { ...file, transport: 'inproc' }, 'transport'],
    ['another scheme', { ...file, signature_scheme: 'hmac-md5' }, 'signature_scheme'],
    ['encryption the kernel does not speak', { ...file, curve_secretkey: 'k' }, 'curve_secretkey'],
    ['no object', [], 'the whole'],
  ])('with %s is refused, and its key not shown', (_name, value, field) => {
    try {
      parse(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RepliqueError);
      expect(error).toMatchObject({ code: 'CONNECTION_FILE_INVALID' });
      expect(String(error)).toContain(field);
      expect(String(error)).toContain('kernel-1.json');
      expect(String(error)).not.toContain('secret-key');
    }
  });

  test('that is no JSON or too long is refused', () => {
    expect(() => parseConnectionFile('{', 'f')).toThrow('it is no JSON');
    expect(() => parseConnectionFile(' '.repeat(70_000), 'f')).toThrow('it is too long');
  });
});
