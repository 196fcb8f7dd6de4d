const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What ends a service: Ctrl-C, or a signal of who started it. */
export interface StopSignals {
  /** Settles with the first; the others change nothing. */
  readonly requested: Promise<NodeJS.Signals>;
  /** From then on signals end the process as they do without this. */
  off(): void;
}

/** Watches for Ctrl-C and for the signals that end a service. */
export function stopOnSignals(): StopSignals {
  const watching = new AbortController();
  const { signal } = watching;
  const requested = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of names) {
      const onSignal = () => resolve(name);
      process.on(name, onSignal);
      signal.addEventListener('abort', () => process.off(name, onSignal));
    }
  });
  return { requested, off: () => watching.abort() };
}
