import type { Environment } from '../../../kernel/environment/schema.ts';

/** A record as a kernel makes it. */
export const environment = (changes: Partial<Environment> = {}): Environment => ({
  version: 1,
  replique: '0.1.0',
  node: '22.1.0',
  platform: 'linux',
  arch: 'x64',
  python: {
    version: '3.12.3',
    implementation: 'CPython',
    packages: { ipython: '9.1.0', numpy: '2.1.0', 'own-tools': '0.3+local' },
    elsewhere: ['own-tools'],
  },
  model: { provider: 'ollama', name: 'qwen2.5-coder:7b' },
  settings: {
    temperature: 0,
    maxTokens: 1024,
    maxTurns: 8,
    helperTimeoutSeconds: 120,
    vision: 'auto',
    profile: 'strict',
    sandbox: 'bubblewrap',
  },
  ...changes,
});

/** The same with other packages. */
export const withPackages = (packages: Readonly<Record<string, string>>, leftOut?: number): Environment => {
  const { version, implementation } = environment().python;
  return environment({
    python: { version, implementation, packages: { ...packages }, ...(leftOut && { leftOut }) },
  });
};
