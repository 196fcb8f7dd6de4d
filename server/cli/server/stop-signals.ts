const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What ends a service: Ctrl-C, or a signal of who started it. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** Settles with the first; the others change nothing. */
  readonly requested: Promise<'stop'>;
  /** From then on signals end the process as they do without this. */
  off(): void;
}

/** Watches for Ctrl-C and for the signals that end a service. */
export function stopOnSignals(): StopSignals {
  const controller = new AbortController();
  const requested = new Promise<'stop'>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve('stop'));
  });
  const onSignal = () => controller.abort();
  for (const name of names) process.on(name, onSignal);
  const off = () => {
    for (const name of names) process.off(name, onSignal);
  };
  return { signal: controller.signal, requested, off };
}
