import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeError } from '../../../kernel/errors.ts';
import {
  isLoopback,
  loadServerConfig,
  loadServerConfigWithSources,
  shownConfig,
} from '../../../server/config.ts';
import { keys } from '../../../server/config/schema.ts';
import { withoutBase } from '../../../server/http/base-url.ts';
import { createAccess } from '../../../server/http/access/access.ts';
import { LoginAttempts } from '../../../server/http/access/attempts.ts';
import { hashPassword, isPassword, parsePasswordHash } from '../../../server/http/access/password.ts';

/** What a person is told. */
function saidOf(action: () => unknown): string {
  try {
    action();
    return '';
  } catch (error) {
    return describeError(error);
  }
}

describe('the server’s configuration', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'rk-'));
    vi.stubEnv('XDG_CONFIG_HOME', directory);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  it('makes a token of 256 bits where none is named, another each time', () => {
    const tokens = [loadServerConfig({}), loadServerConfig({})].map(({ token }) => token);
    expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('takes the environment, and options before it', () => {
    const environment = { REPLIQUE_SERVER_PORT: '9000', REPLIQUE_SERVER_TOKEN: 'a', JUPYTER_TOKEN: 'b' };
    expect(loadServerConfig({}, environment)).toMatchObject({ port: 9000, token: 'a' });
    expect(loadServerConfig({ port: '9001' }, environment)).toMatchObject({ port: 9001, token: 'a' });
    expect(Object.isFrozen(loadServerConfig({}))).toBe(true);
  });

  it('lets nobody in without a token because a variable is empty, only because an option or a file says so', () => {
    for (const environment of [{ REPLIQUE_SERVER_TOKEN: '' }, { JUPYTER_TOKEN: '' }]) {
      const { token, isTokenFresh } = loadServerConfig({}, environment);
      expect([token.length, isTokenFresh]).toEqual([64, true]);
    }
    const both = { REPLIQUE_SERVER_TOKEN: '', JUPYTER_TOKEN: 'b' };
    expect(loadServerConfig({}, both)).toMatchObject({ token: 'b', isTokenFresh: false });
    expect(loadServerConfig({ token: '' }, both)).toMatchObject({ token: '', isTokenFresh: false });
  });

  it('never shows the token', () => {
    const shown = (settings: object) => shownConfig(loadServerConfigWithSources(settings));
    expect(JSON.stringify(shown({ token: 'hush-hush' }))).not.toContain('hush');
    expect(shown({ token: '' })).toMatchObject({ token: { value: '(none)', from: 'option' } });
    expect(() => loadServerConfig({ token: 'hush hush' })).toThrow(/"token"/);
    expect(() => loadServerConfig({ token: 'hush hush' })).not.toThrow(/hush/);
  });

  it.each([
    [{ port: '70000' }, /"port"/],
    [{ ip: 'example.org' }, /"ip"/],
    [{ baseUrl: '/a/../b' }, /"baseUrl"/],
    [{ baseUrl: '/%zz' }, /"baseUrl"/],
    [{ dir: '/nowhere/at/all' }, /not a directory/],
    [{ certFile: 'x' }, /its key/],
  ])('refuses %o', (settings, sentence) => {
    expect(() => loadServerConfig(settings)).toThrow(sentence);
  });

  it('says which variable it was, and what to mend', () => {
    const environment = { REPLIQUE_SERVER_PORT: 'x', REPLIQUE_SERVER_BASE_URL: '/a' };
    expect(() => loadServerConfig({}, environment)).toThrow(/variable REPLIQUE_SERVER_PORT.*"port"/);
    expect(() => loadServerConfig({ port: 'y' }, environment)).toThrow(/the options.*"port"/);
    expect(() => loadServerConfig({ bufferMb: 0 })).toThrow(/the options.*"bufferMb"/);
    expect(() => loadServerConfig({ nonesuch: 1 } as object)).toThrow(/the options/);
  });

  it('takes a file before the environment, and says where each value is from', () => {
    const file = join(directory, 'server.json');
    writeFileSync(
      file,
      JSON.stringify({ port: 9000, token: 'hush', trash: false, allowHosts: ['a.example'] }),
    );
    chmodSync(file, 0o600);
    const environment = { REPLIQUE_SERVER_PORT: '9001', REPLIQUE_SERVER_CULL_BUSY: 'true' };
    const loaded = loadServerConfigWithSources({ ip: '::1' }, environment, file);
    expect(loaded.config).toMatchObject({ port: 9001, token: 'hush', trash: false, cullBusy: true });
    expect(shownConfig(loaded)).toMatchObject({
      port: { value: 9001, from: 'variable REPLIQUE_SERVER_PORT' },
      token: { value: '(set)', from: `file ${file}` },
      ip: { value: '::1', from: 'option' },
      cullIdleSeconds: { value: 0, from: 'default' },
    });
    const variables = { REPLIQUE_SERVER_CONFIG: file, REPLIQUE_SERVER_ALLOW_HOSTS: 'b.example, c.example' };
    expect(loadServerConfig({}, variables).allowHosts).toEqual(['b.example', 'c.example']);
  });

  it.each([
    ['{"prot": 1}', /the file .*no key "prot"[^]*→ Did you mean "port"\?/],
    ['{"entirelyElse": 1}', /no key "entirelyElse"[^]*--show-config/],
    ['{"token": "hush', /the file .*not a JSON object/],
    ['[]', /not a JSON object/],
    ['{"port": "hush"}', /the file .*"port"/],
  ])('refuses a file that says %s', (text, sentence) => {
    const file = join(directory, 'server.json');
    writeFileSync(file, text);
    const said = saidOf(() => loadServerConfig({}, {}, file));
    expect(said).toMatch(sentence);
    expect(said).not.toContain('hush');
  });

  it.each([
    [
      'port',
      [null, true, '', ' ', [], [80], '0x50', '1e3', 'hush', 80.5, -1],
      'a whole number from 0 to 65535',
    ],
    ['cullIdleSeconds', [null, true, '', [], {}, 'hush'], 'a number from 0 to 31536000'],
    ['pingSeconds', [0], 'a number from 0.05 to 31536000'],
    ['bufferMb', [0, '1e999'], 'a number from 1 to 1000000'],
    ['trash', [0, 1, 'hush', null], 'true or false'],
    ['token', [0, null, ['hush']], 'a text'],
    ['allowHosts', ['hush', { a: 1 }], 'a list of names'],
    ['logLevel', ['hush', 5], 'one of trace, debug, info, warn, error, silent'],
  ])('takes nothing of another kind for "%s"', (key, values, kind) => {
    const file = join(directory, 'server.json');
    for (const value of values) {
      writeFileSync(file, JSON.stringify({ [key]: value }));
      const said = saidOf(() => loadServerConfig({}, {}, file));
      expect([value, said]).toEqual([value, expect.stringContaining(`"${key}": it has to be ${kind}.`)]);
      expect(said).not.toContain('hush');
    }
    expect(() => loadServerConfig({}, { REPLIQUE_SERVER_PORT: '' })).toThrow(/"port"/);
    expect(loadServerConfig({ port: ' 80 ', cullIdleSeconds: '0.5' })).toMatchObject({
      ...{ port: 80, cullIdleSeconds: 0.5 },
    });
  });

  it('refuses a file that others can read or write and that holds the token', () => {
    const file = join(directory, 'server.json');
    writeFileSync(file, '{"token": "hush"}');
    for (const mode of [0o644, 0o602]) {
      chmodSync(file, mode);
      const said = saidOf(() => loadServerConfig({}, {}, file));
      expect(said).toMatch(/other users can read or write it[^]*chmod 600/);
      expect(said).not.toContain('hush');
    }
    chmodSync(file, 0o640);
    expect(loadServerConfig({}, {}, file).token).toBe('hush');
    writeFileSync(file, '{"port": 1}');
    chmodSync(file, 0o644);
    expect(loadServerConfig({}, {}, file).port).toBe(1);
  });

  it('refuses a file that is named and not there, and variables that look misspelt', () => {
    expect(saidOf(() => loadServerConfig({}, {}, join(directory, 'none.json')))).toMatch(/none\.json/);
    const variable = (name: string) => () => loadServerConfig({}, { [name]: '1' });
    expect(saidOf(variable('REPLIQUE_SERVER_PROT'))).toMatch(
      /REPLIQUE_SERVER_PROT[^]*REPLIQUE_SERVER_PORT\?/,
    );
    expect(variable('REPLIQUE_SERVER_SERVICE_HOST')).not.toThrow(); // Kubernetes makes it
    expect(saidOf(() => loadServerConfig({}, { REPLIQUE_SERVER_TRASH: 'maybe' }))).toMatch(/_TRASH.*"trash"/);
  });

  it('has each key in the documentation', () => {
    const documentation = readFileSync(join(import.meta.dirname, '../../../docs/server.md'), 'utf8');
    expect(keys.filter((key) => !documentation.includes(`\`${key}\``))).toEqual([]);
  });

  it('puts the base URL between slashes', () => {
    const baseUrlOf = (baseUrl: string): string => loadServerConfig({ baseUrl }).baseUrl;
    expect(['', '/', 'a', '/user/x/', '//a//'].map(baseUrlOf)).toEqual(['/', '/', '/a/', '/user/x/', '/a/']);
  });

  it('knows which addresses only this machine reaches', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true]);
    expect(['0.0.0.0', '::', '10.0.0.1', '192.168.1.1', 'x'].map(isLoopback)).toEqual(Array(5).fill(false));
  });

  it('listens for others only where they have to show something', async () => {
    const open = (settings: object) => () => createAccess(loadServerConfig(settings));
    expect(open({ ip: '0.0.0.0', token: '' })).toThrow(/anybody/);
    expect(open({ ip: '::', token: '' })).toThrow(/anybody/);
    expect(open({ ip: '127.0.0.1', token: '' })).not.toThrow();
    expect(open({ ip: '0.0.0.0' })).not.toThrow();
    const directory = mkdtempSync(join(tmpdir(), 'rp-'));
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, await hashPassword('a password'), { mode: 0o600 });
    expect(open({ ip: '0.0.0.0', token: '', passwordFile })).not.toThrow();
    chmodSync(passwordFile, 0o644);
    expect(saidOf(open({ passwordFile }))).toMatch(/other users can read[^]*chmod 600/);
    chmodSync(passwordFile, 0o640);
    expect(open({ passwordFile })).not.toThrow();
    writeFileSync(passwordFile, 'a password');
    expect(open({ passwordFile })).toThrow(/can't be used/);
    rmSync(directory, { recursive: true });
  });
});

describe('the base URL of a request', () => {
  it.each([
    ['/api', '/', '/api'],
    ['/a%40b/api?x=/a%40b/', '/a%40b/', '/api?x=/a%40b/'],
    ['/a@b/api', '/a%40b/', '/api'],
    ['/a%40b', '/a@b/', '/'],
    ['/', '/a/', '/.outside'],
    ['/ab/api', '/a/', '/.outside'],
    ['/a', '/a/b/', '/.outside'],
    ['http://[', '/a/', '/.outside'],
    ['*', '/', '/.outside'],
    ['/a%2Fb/api', '/a/b/', '/.outside'],
    ['/%zz/api?q', '/a/', '/.outside?q'],
    ['http://host/a/api?q=1', '/a/', '/api?q=1'],
  ])('%s below %s is %s', (url, base, inner) => {
    expect(withoutBase(url, base)).toBe(inner);
  });
});

describe('passwords', () => {
  it('are kept as a hash that tells only the right one', async () => {
    const text = await hashPassword('pässword');
    expect(text).not.toContain('pässword');
    expect(await hashPassword('pässword')).not.toBe(text);
    const hash = parsePasswordHash(text)!;
    expect(await isPassword('pässword', hash)).toBe(true);
    expect(await isPassword('pa\u0308ssword', hash)).toBe(true); // as another keyboard writes it
    expect(await isPassword('password', hash)).toBe(false);
  });

  it.each(['', 'x', 'scrypt:32768:8:3:a:b', `scrypt:2:8:1:${'a'.repeat(22)}:${'b'.repeat(43)}`])(
    'are not taken from %s',
    (text) => {
      expect(parsePasswordHash(text)).toBeUndefined();
    },
  );
});

describe('attempts to log in', () => {
  it('are five in a minute from one address, and thirty from all', () => {
    let now = 0;
    const attempts = new LoginAttempts(() => now);
    for (let n = 0; n < 5; n += 1) {
      expect(attempts.waitSeconds('a')).toBe(0);
      attempts.failed('a');
    }
    expect(attempts.waitSeconds('a')).toBe(60);
    expect(attempts.waitSeconds('b')).toBe(0);
    for (let n = 0; n < 25; n += 1) attempts.failed(`other ${n}`);
    expect(attempts.waitSeconds('b')).toBe(60);
    now = 60_000;
    expect(attempts.waitSeconds('a')).toBe(0);
  });
});
