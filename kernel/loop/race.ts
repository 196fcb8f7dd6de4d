/** What `untilAborted` gives when the signal came first. */
export const aborted: unique symbol = Symbol('aborted');

/**
 * Waits for the promise, but no longer than until the signal. A promise that loses is still handled: what it brings or
 * throws later is nobody's any more.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof aborted> {
  promise.catch(() => undefined);
  if (signal.aborted) return aborted;
  let stop: () => void = () => undefined;
  const abort = new Promise<typeof aborted>((resolve) => {
    stop = () => {
      resolve(aborted);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, abort]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
