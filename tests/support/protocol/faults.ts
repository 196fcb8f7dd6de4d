const faults: string[] = [];
const mostFaults = 50;

/** Notes what was wrong with a message of the kernel: the test that runs fails for it. */
export function noteFaults(found: readonly string[]): void {
  if (faults.length < mostFaults) faults.push(...found);
}

/** What was noted since the last call. */
export const takeFaults = (): string[] => faults.splice(0);
