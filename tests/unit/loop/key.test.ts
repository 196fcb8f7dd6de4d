import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256, turnKey } from '../../../kernel/loop/key.ts';

const params = { temperature: 0, maxTokens: 1024, stop: ['</helpers>'] };
const messages = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'é "\n' },
] as const;

describe('the key of a turn', () => {
  it('is pinned: recorded notebooks depend on it', () => {
    expect(canonicalJson({ model: 'm', params, messages })).toBe(
      '{"messages":[{"content":"S","role":"system"},{"content":"é \\"\\n","role":"user"}],"model":"m","params":{"maxTokens":1024,"stop":["</helpers>"],"temperature":0}}',
    );
    expect(sha256('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
    expect(turnKey('m', params, messages)).toBe(sha256(canonicalJson({ messages, params, model: 'm' })));
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 20261123 },
    );
  });

  it('changes with everything that it covers', () => {
    const key = turnKey('m', params, messages);
    expect(turnKey('n', params, messages)).not.toBe(key);
    expect(turnKey('m', { ...params, temperature: 1 }, messages)).not.toBe(key);
    expect(turnKey('m', params, messages.slice(0, 1))).not.toBe(key);
  });
});
