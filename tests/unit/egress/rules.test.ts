import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../kernel/egress/addresses.ts';
import { covers, parseAuthority, parseHost, parseRule, showRule } from '../../../kernel/egress/rules.ts';

describe('a host', () => {
  it.each(['example.org', 'a-b.c_d.example', 'xn--bcher-kva.example', '93.184.216.34', '2606:2800::1'])(
    '%s is one',
    (host) => expect(parseHost(host.toUpperCase())).toBe(host),
  );

  it.each([
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['leading zeros', '127.000.000.001'],
    ['hexadecimal', '0x7f000001'],
    ['hexadecimal parts', '0x7f.0.0.0x1'],
    ['shortened', '127.1'],
    ['a name that ends in a number', 'evil.1'],
    ['a zone', 'fe80::1%eth0'],
    ['a zone, encoded', 'fe80::1%25eth0'],
    ['NUL', 'evil\0.example.org'],
    ['a user', 'example.org@evil.test'],
    ['a space', 'example.org evil'],
    ['a line end', 'example.org\n'],
    ['a dot at the end', 'example.org.'],
    ['an empty label', 'a..b'],
    ['nothing', ''],
    ['a letter that is not ASCII', 'exаmple.org'],
    ['a wide full stop', '127。0。0。1'],
    ['a hyphen first', '-a.org'],
    ['a long label', `${'a'.repeat(64)}.org`],
    ['a long name', `${'a.'.repeat(130)}org`],
  ])('is not written with %s', (_what, host) => {
    expect(parseHost(host)).toBeUndefined();
    expect(parseAuthority(`${host}:443`)).toBeUndefined();
  });

  it.each(['a:0', 'a:65536', 'a:080', 'a:', 'a:1:2', '[::1', '[a]:80', '::1:80', '[127.0.0.1]:80', 'a: 80'])(
    'with port is not %s',
    (text) => expect(parseAuthority(text)).toBeUndefined(),
  );
});

describe('a rule', () => {
  it.each([
    ['example.org', 'example.org', 443, true],
    ['example.org', 'example.org', 80, true],
    ['example.org', 'example.org', 22, false],
    ['example.org', 'www.example.org', 443, false],
    ['example.org', 'example.org.evil.test', 443, false],
    ['example.org', 'notexample.org', 443, false],
    ['example.org:8080', 'example.org', 8080, true],
    ['example.org:8080', 'example.org', 443, false],
    ['*.example.org', 'a.b.example.org', 443, true],
    ['*.example.org', 'example.org', 443, false],
    ['*.example.org', 'notexample.org', 443, false],
    ['[2606:2800::1]:443', '2606:2800::1', 443, true],
  ])('%s for %s:%d: %s', (rule, host, port, open) => {
    expect(covers(parseRule(rule), host, port)).toBe(open);
    expect(showRule(parseRule(rule))).toBe(rule);
  });

  it.each(['*', '*.org', '*.*.org', 'a.*.org', '*.1.2.3.4', 'http://example.org', 'example.org/x', '', '-d'])(
    'is not %j',
    (rule) => expect(() => parseRule(rule)).toThrow('not a host'),
  );
});

describe('an address', () => {
  it.each(['93.184.216.34', '8.8.8.8', '100.63.255.255', '172.32.0.1', '2606:2800:220:1::1', '2a00::1'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.255', '169.254.169.254', '172.16.0.1'],
    ...['172.31.255.255', '192.168.1.1', '192.0.0.1', '192.0.2.1', '192.88.99.1', '198.19.0.1', '224.0.0.1'],
    ...['239.255.255.250', '255.255.255.255', '240.0.0.1', '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
    ...[
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '2002:7f00:1::',
      '2001::1',
      '2001:db8::1',
      '3fff::1',
    ],
    ...['fd00:ec2::254', 'fc00::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '5f00::1'],
    ...['2606::1%lo', 'localhost', '', '127.1', '0x7f.1'],
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));
});
