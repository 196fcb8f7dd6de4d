import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    env: { REPLIQUE_AUDIT_DIR: join(tmpdir(), `replique-audit-of-tests-${process.pid}`) },
    globalSetup: './tests/support/audit-directory.ts',
    setupFiles: './tests/support/protocol/setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', './tests/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: ['kernel/**/*.ts', 'server/**/*.ts'],
      reporter: ['text-summary', 'json-summary', 'json'],
      reportOnFailure: true,
      thresholds: { lines: 90, branches: 90 },
    },
  },
});
