import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. */
export async function until(isSo: () => unknown, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    await sleep(20);
    if (Date.now() > end) throw new Error(`It did not come to that: ${String(isSo)}`);
  }
}
