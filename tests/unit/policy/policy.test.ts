import { describe, expect, it } from 'vitest';
import { Policy } from '../../../kernel/policy/policy.ts';

const network = { capability: 'network' } as const;

describe('a profile that an administrator fixed', () => {
  it('can be tightened, not loosened, whatever a session begins with', () => {
    const policy = new Policy('open', 'data');
    expect(policy.profile).toBe('data');
    expect(policy.set('open')).toBe(false);
    expect(policy.profile).toBe('data');
    expect(policy.set('strict')).toBe(true);
    expect(policy.set('data')).toBe(true);
  });
});

describe('what a person said', () => {
  it.each([
    [true, 'allow'],
    [false, 'deny'],
  ])('%s holds until another profile is set', (answer, decision) => {
    const policy = new Policy('open');
    expect(policy.decide(network, false)).toBe('ask');
    policy.answered('network', answer);
    expect(policy.decide(network, false)).toBe(decision);
    expect(policy.decide({ capability: 'install' }, false)).toBe('ask');
    policy.set('open');
    expect(policy.decide(network, false)).toBe('ask');
  });

  it('does not change what a profile denies', () => {
    const policy = new Policy('strict');
    policy.answered('introspection', true);
    expect(policy.decide({ capability: 'introspection' }, false)).toBe('deny');
  });
});

it.each([
  ['network', 'allow'],
  ['install', 'allow'],
  ['introspection', 'deny'],
] as const)('%s, which is denied, is decided by the proxy where a host is open', (capability, decision) => {
  const policy = new Policy('strict');
  expect(policy.decide({ capability }, false)).toBe('deny');
  expect(policy.decide({ capability }, true)).toBe(decision);
});
