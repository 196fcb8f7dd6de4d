import { afterAll, afterEach } from 'vitest';
import { takeFaults } from './faults.ts';

function checkMessages(): void {
  const faults = takeFaults();
  if (faults.length > 0) throw new Error(`Messages that the protocol does not allow:\n${faults.join('\n')}`);
}

// Run after the hooks of a test and of a file, when their kernels and clients have ended.
afterEach(checkMessages);
afterAll(checkMessages);
