/** Waits, but no longer than until the signal. Node's timers may come a millisecond early; this one does not. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms + 1);
    signal.addEventListener('abort', end, { once: true });
  });
}
