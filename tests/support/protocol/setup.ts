import { afterEach } from 'vitest';
import { takeFaults } from './faults.ts';

/** Runs after a test's own hooks, when its kernels and clients have ended. */
afterEach(() => {
  const faults = takeFaults();
  if (faults.length > 0) throw new Error(`Messages that the protocol does not allow:\n${faults.join('\n')}`);
});
