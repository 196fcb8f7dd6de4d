import { expect, test } from 'vitest';
import { addressSecrets, redact, shownAddress } from '../../../kernel/providers/redact.ts';

test('secrets, keys and control characters are not shown', () => {
  expect(redact('a S3CRET b\u001b[31m\nsk-1234567890', ['S3CRET'])).toBe('a [key] b [31m [key]');
});

test('an address is shown without what may be secret', () => {
  expect(shownAddress('https://user:pass@host.test:8080/v1/?key=abc')).toBe('https://host.test:8080/v1');
  expect(shownAddress('nonsense')).toBe('(not an address)');
});

test('the password of an address is a secret', () => {
  expect(addressSecrets('http://user:pass@host.test')).toEqual(['pass']);
  expect(addressSecrets('http://host.test')).toEqual([]);
  expect(addressSecrets('nonsense')).toEqual([]);
});
